"""Credentials and timeout: from the context, else from the environment; never shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import SimpleNamespace

import pytest

from shared.base.errors import Unavailable
from shared.settings.settings import (
    Credentials,
    read_credentials,
    read_settings,
    timeout_of,
)

ENVIRON = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "env-id",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "env-secret",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "env-token",
}
FROM_ENVIRON = Credentials("env-id", "env-secret", "env-token")


@pytest.mark.parametrize(
    ("given_by_context", "environ", "credentials"),
    [
        pytest.param(
            SimpleNamespace(access_key_id="id", access_key_secret="s", security_token="t"),
            ENVIRON,
            Credentials("id", "s", "t"),
            id="the-context-comes-first",
        ),
        pytest.param(
            SimpleNamespace(access_key_id="id", access_key_secret="s", security_token=None),
            ENVIRON,
            Credentials("id", "s", ""),
            id="a-token-is-never-mixed-in",
        ),
        pytest.param(
            SimpleNamespace(access_key_id="id", access_key_secret="s"),
            {},
            Credentials("id", "s", ""),
            id="a-key-without-a-token",
        ),
        pytest.param(None, ENVIRON, FROM_ENVIRON, id="a-context-without-credentials"),
        pytest.param(
            SimpleNamespace(access_key_id="", access_key_secret="", security_token=""),
            ENVIRON,
            FROM_ENVIRON,
            id="empty-credentials",
        ),
        pytest.param(
            SimpleNamespace(access_key_id="id", access_key_secret="", security_token="t"),
            ENVIRON,
            FROM_ENVIRON,
            id="half-a-key-is-none",
        ),
        pytest.param(
            SimpleNamespace(access_key_id=None, access_key_secret=None, security_token=None),
            ENVIRON,
            FROM_ENVIRON,
            id="null-credentials",
        ),
    ],
)
def test_credentials_come_from_the_context_else_from_the_environment(
    given_by_context: object, environ: Mapping[str, str], credentials: Credentials
) -> None:
    context = SimpleNamespace(credentials=given_by_context)

    assert read_credentials(context, environ) == credentials


def test_a_runtime_whose_context_has_no_credentials_uses_the_environment() -> None:
    assert read_credentials(SimpleNamespace(), ENVIRON) == FROM_ENVIRON


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"ALIBABA_CLOUD_ACCESS_KEY_ID": "id"},
        {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s"},
        {"ALIBABA_CLOUD_SECURITY_TOKEN": "t"},
    ],
    ids=["nothing", "no-secret", "no-id", "token-alone"],
)
def test_without_credentials_it_says_to_give_the_function_a_role(
    environ: Mapping[str, str],
) -> None:
    with pytest.raises(Unavailable) as caught:
        read_credentials(SimpleNamespace(credentials=None), environ)

    assert str(caught.value) == (
        "there are no credentials; give the function a role (ram/ has its policy), or set "
        "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET"
    )


def test_credentials_and_proxies_never_show_themselves() -> None:
    settings = read_settings({"HTTPS_PROXY": "http://user:secret@proxy:3128"})

    shown = f"{FROM_ENVIRON} {FROM_ENVIRON!r} {settings} {settings!r}"

    assert not any(secret in shown for secret in ("env-id", "env-secret", "env-token", "secret@"))


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        (300, 300),
        (0.5, 0.5),
        ("120", 120),
        (86_400, 86_400),
        (86_401, 60),
        (0, 60),
        (-5, 60),
        (None, 60),
        ("", 60),
        ("soon", 60),
        (float("nan"), 60),
        (float("inf"), 60),
        ([], 60),
    ],
    ids=repr,
)
def test_a_timeout_is_a_number_of_seconds_else_a_minute(stated: object, seconds: float) -> None:
    context = SimpleNamespace(function=SimpleNamespace(timeout=stated))

    assert timeout_of(context) == timedelta(seconds=seconds)


@pytest.mark.parametrize("context", [SimpleNamespace(), SimpleNamespace(function=None), None])
def test_a_context_that_says_nothing_leaves_a_minute(context: object) -> None:
    assert timeout_of(context) == timedelta(minutes=1)
