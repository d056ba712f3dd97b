"""Settings: what the environment and the context say, and what they may not say."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.errors import Refused, Unavailable
from shared.proxy import Proxy
from shared.settings import (
    Credentials,
    Settings,
    is_loopback,
    read_credentials,
    read_settings,
    timeout_of,
)
from shared.times import CHINA

ZONE_RIGHT = "a zone like"
ONLY_TAGS_RIGHT = (
    'it must be a JSON object of tag key to value, list of values, or "*" for any value, like '
    '{"lifecycle": "managed"}'
)
ENVIRON = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "env-id",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "env-secret",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "env-token",
}
FROM_ENVIRON = Credentials("env-id", "env-secret", "env-token")


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {
            "ECS_ENDPOINT": "",
            "ECS_NETWORK": " ",
            "CURFEW_MAX_INSTANCES": "",
            "CURFEW_MAX_PERCENT": "",
            "CURFEW_MAX_EVENT_AGE": " ",
            "CURFEW_ACCOUNTS": "",
            "CURFEW_REGIONS": "",
            "ALIBABA_CLOUD_CA_BUNDLE": "",
            "HTTPS_PROXY": "",
            "NO_PROXY": "",
            "CURFEW_TZ": "",
            "CURFEW_ONLY_TAGS": "",
            "CURFEW_SNAPSHOT": "",
            "CURFEW_SHOW_TAGS": "",
        },
    ],
    ids=["absent", "empty"],
)
def test_without_variables_the_defaults_hold(environ: Mapping[str, str]) -> None:
    assert read_settings(environ) == Settings(
        endpoint="",
        network="",
        max_instances=100,
        max_percent=0,
        max_event_age=timedelta(hours=6),
        accounts=frozenset(),
        regions=frozenset(),
        https_proxy=Proxy(""),
        zone=CHINA,
        only_tags={},
        snapshot_required=False,
        show_tags=("owner",),
    )


def test_each_variable_sets_its_own_setting() -> None:
    environ = {
        "ECS_ENDPOINT": "https://ecs.example.com",
        "ECS_NETWORK": "vpc",
        "CURFEW_MAX_INSTANCES": "2500",
        "CURFEW_MAX_PERCENT": "40",
        "CURFEW_MAX_EVENT_AGE": "90m",
        "CURFEW_ACCOUNTS": "1234567890123456, 2234567890123456,",
        "CURFEW_REGIONS": "cn-hangzhou,cn-beijing",
        "ALIBABA_CLOUD_CA_BUNDLE": "/etc/ssl/ours.pem",
        "HTTPS_PROXY": "http://proxy.example.com:3128",
        "NO_PROXY": "localhost,.example.org",
        "CURFEW_TZ": "Asia/Tokyo",
        "CURFEW_ONLY_TAGS": '{"team": ["dev", "ops"], "lifecycle": "managed", "owner": "*"}',
        "CURFEW_SNAPSHOT": " required ",
        "CURFEW_SHOW_TAGS": "team, owner,,team",
    }

    assert read_settings(environ) == Settings(
        endpoint="https://ecs.example.com",
        network="vpc",
        max_instances=2500,
        max_percent=40,
        max_event_age=timedelta(minutes=90),
        accounts=frozenset({"1234567890123456", "2234567890123456"}),
        regions=frozenset({"cn-hangzhou", "cn-beijing"}),
        ca_bundle="/etc/ssl/ours.pem",
        https_proxy=Proxy("http://proxy.example.com:3128", exceptions=("localhost", "example.org")),
        zone=ZoneInfo("Asia/Tokyo"),
        only_tags={"team": ("dev", "ops"), "lifecycle": "managed", "owner": "*"},
        snapshot_required=True,
        show_tags=("team", "owner"),
    )


def test_the_proxy_may_be_named_in_small_letters() -> None:
    assert read_settings({"https_proxy": "http://p:1"}).https_proxy == Proxy("http://p:1")


@pytest.fixture
def no_zones_of_the_system() -> Iterator[None]:
    """A machine without a database of zones."""
    ZoneInfo.clear_cache()
    zoneinfo.reset_tzpath(to=())
    yield
    zoneinfo.reset_tzpath()
    ZoneInfo.clear_cache()


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "Europe/Paris"])
@pytest.mark.usefixtures("no_zones_of_the_system")
def test_a_zone_needs_no_zone_database_of_the_system(zone: str) -> None:
    winter = datetime(2026, 12, 1, tzinfo=timezone.utc)

    read = read_settings({"CURFEW_TZ": zone}).zone

    assert str(read) == zone
    assert winter.astimezone(read) == winter


def test_chinas_zone_needs_no_zone_database() -> None:
    assert read_settings({"CURFEW_TZ": "Asia/Shanghai"}).zone is CHINA


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("https://ecs.example.com", "https://ecs.example.com"),
        ("https://ecs.example.com/", "https://ecs.example.com"),
        ("https://ECS.Example.com:8443", "https://ecs.example.com:8443"),
        ("ecs.example.com", "https://ecs.example.com"),
        ("ecs.example.com:8443", "https://ecs.example.com:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("HTTP://LOCALHOST:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
        ("localhost:8080", "https://localhost:8080"),
        (" https://ecs.example.com ", "https://ecs.example.com"),
    ],
)
def test_an_endpoint_is_a_scheme_a_host_and_perhaps_a_port(text: str, endpoint: str) -> None:
    assert read_settings({"ECS_ENDPOINT": text}).endpoint == endpoint


@pytest.mark.parametrize(
    "text",
    [
        "https://",
        "https://:443",
        "http:///x",
        "ftp://ecs.example.com",
        "file:///etc/passwd",
        "https://user@ecs.example.com",
        "https://user:secret@ecs.example.com",
        "https://:secret@ecs.example.com",
        "https://ecs.example.com/path",
        "https://ecs.example.com?x=1",
        "https://ecs.example.com#x",
        "https://ecs.example.com:port",
        "https://ecs.example.com:99999",
        "https://ecs.example.com:0",
        "https://[::1",
        "https://[[]",
        "https://[]",
        "https://ecs example.com",
        "https://ecs.example.com\\x",
        "https://ecs.%65xample.com",
        "https://ecs.example.com:443:443",
        "https://ecs.example.com:+443",
        "https://ecs.example.com:4_3",
        "https://ecs.exam\nple.com",
        "https://ecs.\texample.com",
        "https://ecs.example.com//",
        "https://[::g]",
        "https://[127.0.0.1]",
        "https://2001:db8::1",
        "https://ecs.exämple.com",
    ],
)
def test_what_is_no_endpoint_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(Refused) as caught:
        read_settings({"ECS_ENDPOINT": text})

    assert str(caught.value) == (
        "ECS_ENDPOINT must be https://HOST[:PORT], or http://127.0.0.1:PORT"
    )


@pytest.mark.parametrize(
    "host",
    [
        "ecs.example.com",
        "10.0.0.1",
        "0.0.0.0",  # noqa: S104  # refused
        "127.0.0.1.example.com",
        "localhost.example.com",
        "localhost.",
        "2130706433",
        "[2001:db8::1]",
    ],
)
def test_plain_http_to_another_machine_is_refused(host: str) -> None:
    with pytest.raises(Refused) as caught:
        read_settings({"ECS_ENDPOINT": f"http://{host}:8080"})

    assert str(caught.value) == (
        f"ECS_ENDPOINT is plain http to {host.strip('[]')}; "
        "requests that leave this machine must use https"
    )


@given(st.text() | st.text("htps:/localhost127.0@[]#?", max_size=30))
@example("[[]")
def test_no_endpoint_raises_anything_but_a_refusal(text: str) -> None:
    try:
        endpoint = read_settings({"ECS_ENDPOINT": text}).endpoint
    except Refused:
        return
    parts = urlsplit(endpoint)
    assert parts.scheme in {"", "https"} or is_loopback(parts.hostname or "")


@pytest.mark.parametrize(
    ("host", "is_this_machine"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("0.0.0.0", False),  # noqa: S104  # refused
        ("128.0.0.1", False),
        ("::2", False),
        ("", False),
        ("localhost.localdomain", False),
    ],
)
def test_loopback_is_told_by_the_address(
    host: str,
    is_this_machine: bool,  # noqa: FBT001  # a column of the table
) -> None:
    assert is_loopback(host) is is_this_machine


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("ECS_NETWORK", "internet", "ECS_NETWORK is 'internet'; it must be vpc, or unset"),
        ("ECS_NETWORK", "VPC", "ECS_NETWORK is 'VPC'; it must be vpc, or unset"),
        *(
            (
                "CURFEW_MAX_INSTANCES",
                value,
                (
                    f"CURFEW_MAX_INSTANCES is {value!r}; "
                    "it must be a whole number from 1 to 9999999, or unset"
                ),
            )
            for value in (
                "0",
                "-1",
                "1.5",
                "1e3",
                "many",
                "10000000",
                "007",
                "1_000",
                "\N{ARABIC-INDIC DIGIT ONE}",
            )
        ),
        *(
            (
                "CURFEW_MAX_PERCENT",
                value,
                (
                    f"CURFEW_MAX_PERCENT is {value!r}; "
                    "it must be a whole number from 1 to 100, or unset"
                ),
            )
            for value in ("0", "101", "20%")
        ),
        (
            "CURFEW_MAX_EVENT_AGE",
            "6",
            "CURFEW_MAX_EVENT_AGE: '6' is not a duration; write it like 90m, 2h or 3d",
        ),
        (
            "CURFEW_ACCOUNTS",
            " , ",
            "CURFEW_ACCOUNTS is set but empty; list at least one, or unset it",
        ),
        (
            "CURFEW_REGIONS",
            " ",
            "CURFEW_REGIONS is set but empty; list at least one, or unset it",
        ),
        *(
            (
                "CURFEW_TZ",
                value,
                f"CURFEW_TZ is {value!r}; it must be {ZONE_RIGHT} Asia/Tokyo, or UTC",
            )
            for value in (
                *("Mars/Olympus", "../etc/passwd", "/etc/passwd", "/etc/localtime", "Asia"),
                *("Factory", "localtime", "posixrules", "EST", "CEST", "GMT", "Etc/GMT+9"),
            )
        ),
        *(
            (
                "CURFEW_TZ",
                value,
                f"CURFEW_TZ is {value!r}; it must be {ZONE_RIGHT} {zone}, or UTC",
            )
            for value, zone in (
                ("Asia/Shangai", "Asia/Shanghai"),
                ("europe/paris ", "Europe/Paris"),
                ("America/NewYork", "America/New_York"),
                ("right/Asia/Tokyo", "Asia/Tokyo"),
                ("posix/Asia/Tokyo", "Asia/Tokyo"),
                *(
                    (value, "Asia/Shanghai")
                    for value in (
                        *("+08:00", "GMT+8", "UTC+8", "Etc/GMT+8", "Etc/GMT-8", "CST", "CST-8"),
                        *("PRC", "Asia/Beijing", "beijing", "Asia/Guangzhou"),
                    )
                ),
            )
            for value in (value.strip(),)
        ),
        *(
            (
                "CURFEW_SNAPSHOT",
                value,
                f"CURFEW_SNAPSHOT is {value!r}; it must be required, or unset",
            )
            for value in ("true", "Required", "yes", "false", " ", "required,")
        ),
        *(
            ("CURFEW_ONLY_TAGS", value, f"CURFEW_ONLY_TAGS{wrong}; {ONLY_TAGS_RIGHT}")
            for value, wrong in (
                (" ", " is not a JSON object: it is empty"),
                (
                    "team=dev",
                    (
                        " is not a JSON object: not JSON: Expecting value at line 1, column 1: "
                        "'team=dev'"
                    ),
                ),
                (
                    '{"team": "dev", "team": "ops"}',
                    " is not a JSON object: the key 'team' appears twice in one object",
                ),
                ("{}", " is {}"),
                ("[]", " is []"),
                ('["team"]', " is ['team']"),
                ('"team"', " is 'team'"),
                ("null", " is null"),
                ('{"team": null}', ": 'team' is null"),
                ('{"team": 1}', ": 'team' is 1"),
                ('{"team": true}', ": 'team' is true"),
                ('{"team": []}', ": 'team' is []"),
                ('{"team": ["dev", 1]}', ": 'team' is ['dev', 1]"),
                ('{"team": {"is": "dev"}}', ": 'team' is {'is': 'dev'}"),
                ('{"": "dev"}', ": '' is 'dev'"),
            )
        ),
        (
            "CURFEW_SHOW_TAGS",
            ",".join(map(str, range(11))),
            "CURFEW_SHOW_TAGS names 11 tag keys; it may name 10 at most",
        ),
        (
            "CURFEW_ONLY_TAGS",
            '{"team": ["dev", "*"]}',
            "CURFEW_ONLY_TAGS: 'team' is ['dev', '*']; for any value write \"*\" alone",
        ),
    ],
)
def test_a_setting_that_means_nothing_refuses_the_run(
    variable: str, value: str, message: str
) -> None:
    with pytest.raises(Refused) as caught:
        read_settings({variable: value})

    assert str(caught.value) == message


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
