"""Links that keep an instance: nobody without the key makes one."""

from __future__ import annotations

import base64
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.notify.links import FIELD, Lease, link, read_lease

KEY = "k" * 32
URL = "https://keep.example.com/lease"
LEASE = Lease(
    "123456789012",
    "cn-hangzhou",
    "i-bp1example",
    datetime(2026, 11, 30, 12, 0, tzinfo=timezone.utc),
)


def field(lease: Lease = LEASE, key: str = KEY) -> str:
    """The signed part of a link."""
    url, _, text = link(lease, URL, key).partition(f"?{FIELD}=")
    assert url == URL
    return text


def test_a_link_says_what_it_is_about() -> None:
    assert read_lease(field(), KEY) == LEASE
    assert len(field()) < 200


@pytest.mark.parametrize("length", range(1, 21))
def test_a_link_may_be_of_any_length(length: int) -> None:
    lease = replace(LEASE, instance_id="i-" + "x" * length)

    assert read_lease(field(lease), KEY) == lease


@pytest.mark.promise("S54")
@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        field().partition(".")[0],
        field().partition(".")[0] + ".",
        field() + "=",
        field() + ".",
        " " + field(),
        field() + "\n",
        field(key="j" * 32),
        field(key=""),
        field().upper(),
        "\u00e9" + field(),
        "x" * 401,
    ],
)
def test_what_nobody_with_the_key_has_made_is_about_nothing(text: str) -> None:
    assert read_lease(text, KEY) is None


@pytest.mark.promise("S54")
@pytest.mark.parametrize("key", ["", "short", "k" * 31])
def test_without_a_key_that_is_long_enough_no_link_counts(key: str) -> None:
    assert read_lease(field(key=key), key) is None


@pytest.mark.promise("S54")
@pytest.mark.parametrize(
    "other",
    [
        Lease("123456789013", LEASE.region, LEASE.instance_id, LEASE.release_at),
        Lease(LEASE.account, "cn-shanghai", LEASE.instance_id, LEASE.release_at),
        Lease(LEASE.account, LEASE.region, "i-bp1another", LEASE.release_at),
        Lease(
            LEASE.account,
            LEASE.region,
            LEASE.instance_id,
            datetime(2026, 11, 30, 12, 1, tzinfo=timezone.utc),
        ),
    ],
    ids=["account", "region", "id", "time"],
)
def test_every_field_is_signed(other: Lease) -> None:
    forged = f"{field(other).partition('.')[0]}.{field().partition('.')[2]}"

    assert read_lease(forged, KEY) is None
    assert read_lease(field(other), KEY) == other


@pytest.mark.promise("S54")
@given(st.integers(0, len(field()) - 1), st.characters())
def test_no_other_character_anywhere_counts(at: int, character: str) -> None:
    forged = field()[:at] + character + field()[at + 1 :]

    assert (read_lease(forged, KEY) is not None) == (forged == field())


@given(st.binary(max_size=80), st.text(max_size=60))
def test_whatever_comes_it_is_read_without_an_error(about: bytes, signature: str) -> None:
    encoded = base64.urlsafe_b64encode(about).decode().rstrip("=")

    assert read_lease(f"{encoded}.{signature}", KEY) is None
