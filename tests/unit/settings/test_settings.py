"""Settings: what the environment and the context say, and what they may not say."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from shared.base.errors import Refused
from shared.base.times import CHINA
from shared.settings.proxy import Proxy
from shared.settings.settings import (
    Settings,
    read_settings,
)

ZONE_RIGHT = "a zone like"
ONLY_TAGS_RIGHT = (
    'it must be a JSON object of tag key to value, list of values, or "*" for any value, like '
    '{"lifecycle": "managed"}'
)


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
            "CURFEW_SHOW_TAGS names 11 tag keys; it may name at most 10",
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
