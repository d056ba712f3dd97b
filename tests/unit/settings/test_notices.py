"""What the environment says of notices."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.base.errors import Refused
from shared.settings.notices import NoticeSettings, read_notice_settings
from shared.settings.settings import read_settings

ADDRESS = "https://ops.example.com/MARKED#MARKED"


@pytest.mark.parametrize(
    ("environ", "settings"),
    [
        ({}, NoticeSettings("", frozenset({"failed", "changed"}), "")),
        (
            {"CURFEW_NOTIFY": f" {ADDRESS}\n", "CURFEW_NOTIFY_ON": " ", "CURFEW_LANGUAGE": " zh "},
            NoticeSettings(ADDRESS, frozenset({"failed", "changed"}), "zh"),
        ),
        (
            {"CURFEW_NOTIFY_ON": "planned, nothing_matched,", "CURFEW_LANGUAGE": "en"},
            NoticeSettings("", frozenset({"planned", "nothing_matched"}), "en"),
        ),
    ],
)
def test_what_can_be_chosen(environ: dict[str, str], settings: NoticeSettings) -> None:
    assert read_notice_settings(environ) == settings
    assert read_settings(environ).notices == settings


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {"CURFEW_NOTIFY_ON": "failed, change"},
            (
                "CURFEW_NOTIFY_ON names 'change'; expected any of failed, changed, planned, "
                "nothing_matched, separated by commas"
            ),
        ),
        ({"CURFEW_LANGUAGE": "cn"}, "CURFEW_LANGUAGE is 'cn'; it must be zh or en, or unset"),
    ],
)
def test_what_cannot_is_refused(environ: dict[str, str], message: str) -> None:
    with pytest.raises(Refused) as caught:
        read_settings(environ)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    "variable",
    [
        "CURFEW_NOTIFY_ON",
        "CURFEW_LANGUAGE",
        "CURFEW_MAX_EXTENSION",
        "CURFEW_MAX_EVENT_AGE",
        "CURFEW_CATCH_UP",
        "CURFEW_MAX_INSTANCES",
        "ECS_NETWORK",
    ],
)
@pytest.mark.parametrize("value", ["MARKED" * 6, "https://MARKED.example.com/MARKED"])
def test_what_was_meant_for_the_variable_beside_it_is_not_repeated(
    variable: str, value: str
) -> None:
    with pytest.raises(Refused, match=variable) as caught:
        read_settings({variable: value})

    assert "MARKED" not in str(caught.value)
    assert f"a text of {len(value)} characters" in str(caught.value)


def test_no_representation_shows_an_address() -> None:
    settings = read_settings({"CURFEW_NOTIFY": ADDRESS})

    assert "MARKED" not in f"{settings!r} {settings.notices!r} {settings}"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://keep.example.com",
        "https://keep.example.com/",
        "https://keep.example.com:8443/a/b-c_d.e~f",
        "http://127.0.0.1:8421/domain/curfew-extend-lease",
        "http://localhost/x",
    ],
)
def test_links_may_lead_to_a_domain_by_tls_or_to_this_machine(url: str) -> None:
    assert read_notice_settings({"CURFEW_LINK_URL": f" {url} "}).link_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://keep.example.com/x",
        "ftp://127.0.0.1/x",
        "keep.example.com",
        "https://",
        "https:///x",
        "HTTPS://keep.example.com",
        "https://user@keep.example.com/MARKED",
        "https://user:MARKED@127.0.0.1/",
        "http://user@127.0.0.1/",
        "https://keep.example.com/x?MARKED=1",
        "https://keep.example.com/#MARKED",
        "https://keep.example.com/ü",
        "https://keep.example.com//x",
        "https://keep.example.com/x/<b>",
        "https://keep.example.com:port/x",
        "XXhttps://keep.example.com/xXX",
    ],
)
def test_links_lead_nowhere_else(url: str) -> None:
    with pytest.raises(Refused) as caught:
        read_notice_settings({"CURFEW_LINK_URL": url})

    assert str(caught.value) == (
        "CURFEW_LINK_URL must be https://HOST or https://HOST/PATH, on a domain that leads to "
        "extend_lease"
    )


def test_a_key_of_links_has_no_fewer_than_32_characters() -> None:
    assert read_notice_settings({"CURFEW_LINK_KEY": f" {'k' * 32}\n"}).link_key == "k" * 32
    with pytest.raises(Refused) as caught:
        read_notice_settings({"CURFEW_LINK_KEY": "MARKED".ljust(31, "k")})

    assert str(caught.value) == (
        "CURFEW_LINK_KEY has 31 characters; it must have at least 32, generated at random"
    )


@pytest.mark.parametrize(("text", "days"), [("", 14), ("2d", 2), ("24h", 1), (" 30d ", 30)])
def test_how_far_a_link_may_reach(text: str, days: int) -> None:
    settings = read_notice_settings({"CURFEW_MAX_EXTENSION": text})

    assert settings.max_extension == timedelta(days=days)


def test_a_reach_that_cannot_be_read_is_refused_with_its_name() -> None:
    with pytest.raises(Refused, match=r"^CURFEW_MAX_EXTENSION: "):
        read_notice_settings({"CURFEW_MAX_EXTENSION": "soon"})
