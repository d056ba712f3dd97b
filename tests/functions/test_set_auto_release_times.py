"""The one instant that a request to set a release time means, and the instants that are refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.set_auto_release import ACTION, EARLIEST, LATEST, SetAutoReleaseRule
from shared.action import RequestTime
from shared.base.errors import InvalidEvent
from shared.base.times import CHINA
from shared.domain.steps import Rule
from shared.request.request import decode
from shared.settings.settings import Settings

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
AT_RIGHT = 'a time with a zone: "2026-11-24T20:00:00+08:00".'
AFTER_RIGHT = 'minutes, hours or days after the event, at least 30m: "90m", "2h", "3d".'
TOO_EARLY = "ECS accepts only times at least 30 minutes ahead"
TOO_LATE = "at most 3 years ahead; ECS accepts no later time"


def rule_of(
    fields: Mapping[str, object], *, at: datetime = NOW, now: datetime | None = None
) -> Rule:
    request = decode(ACTION.request, {"instance_ids": ["i-1"], **fields}, "set_auto_release")
    return ACTION.rule(request, RequestTime(at, now or at, Settings()))


def sets(
    at: datetime,
    if_set: Literal["replace", "keep", "earlier", "later"] = "replace",
    *,
    may_move: bool = True,
) -> SetAutoReleaseRule:
    return SetAutoReleaseRule(at, if_set, may_move=may_move, zone=CHINA)


def utc(hour: int, minute: int) -> datetime:
    return datetime(2026, 11, 24, hour, minute, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("fields", "instant"),
    [
        pytest.param({"release_at": "2026-11-24T14:00:00Z"}, utc(14, 0), id="utc"),
        pytest.param({"release_at": "2026-11-24T22:00:00+08:00"}, utc(14, 0), id="east"),
        pytest.param({"release_at": "2026-11-24T10:30:00-03:30"}, utc(14, 0), id="west"),
        pytest.param({"release_at": "2026-11-24T19:45:00+05:45"}, utc(14, 0), id="quarter-hours"),
        pytest.param({"release_at": "2026-11-24T14:00Z"}, utc(14, 0), id="as-ecs-writes-it"),
        pytest.param({"release_at": "2026-11-24T14:00:59.999Z"}, utc(14, 0), id="seconds-are-lost"),
        pytest.param({"release_at": "2026-11-24T12:30:00Z"}, utc(12, 30), id="at-30-minutes"),
        pytest.param({"release_at": "2026-11-24T12:30:59Z"}, utc(12, 30), id="at-30-min-59-s"),
        pytest.param({"release_after": "30m"}, utc(12, 30), id="after-30-minutes"),
        pytest.param({"release_after": "90m"}, utc(13, 30), id="after-minutes"),
        pytest.param({"release_after": "2h"}, utc(14, 0), id="after-hours"),
        pytest.param({"release_after": "3d"}, NOW + timedelta(days=3), id="after-days"),
        pytest.param({"release_after": "1095d"}, NOW + timedelta(days=1095), id="after-3-years"),
        pytest.param(
            {"release_at": "2029-11-23T12:00:59Z"}, NOW + timedelta(days=1095), id="at-3-years"
        ),
    ],
)
def test_a_request_means_one_whole_minute(fields: dict[str, object], instant: datetime) -> None:
    assert rule_of(fields) == sets(instant, may_move="release_after" in fields)


@pytest.mark.parametrize(
    ("sent_at", "after", "instant"),
    [
        pytest.param(NOW, "2h", utc(14, 0), id="on-the-minute"),
        pytest.param(NOW + timedelta(seconds=1), "2h", utc(14, 1), id="a-second-later"),
        pytest.param(NOW + timedelta(microseconds=1), "2h", utc(14, 1), id="a-microsecond-later"),
        pytest.param(NOW + timedelta(seconds=59.9), "2h", utc(14, 1), id="before-the-next-minute"),
        pytest.param(NOW + timedelta(seconds=30), "30m", utc(12, 31), id="the-shortest"),
    ],
)
def test_release_after_is_rounded_up_to_the_minute(
    sent_at: datetime, after: str, instant: datetime
) -> None:
    assert rule_of({"release_after": after}, at=sent_at) == sets(instant)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(timezone.utc)),  # noqa: DTZ001  # bounds of what is drawn
    st.integers(30, 999_999),
)
def test_release_after_is_never_earlier_and_less_than_a_minute_later(
    sent_at: datetime, minutes: int
) -> None:
    rule = rule_of({"release_after": f"{minutes}m"}, at=sent_at)

    assert isinstance(rule, SetAutoReleaseRule)
    assert (rule.at.second, rule.at.microsecond) == (0, 0)
    assert timedelta(0) <= rule.at - sent_at - timedelta(minutes=minutes) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "delay",
    [timedelta(0), timedelta(minutes=7), timedelta(minutes=91), timedelta(hours=5)],
    ids=str,
)
def test_a_redelivery_means_the_same_instant(delay: timedelta) -> None:
    rule = rule_of({"release_after": "2h"}, at=NOW, now=NOW + delay)

    assert rule == sets(utc(14, 0))


@pytest.mark.parametrize("if_set", ["replace", "keep", "earlier", "later"])
def test_a_request_says_what_becomes_of_a_time_that_is_set(
    if_set: Literal["replace", "keep", "earlier", "later"],
) -> None:
    assert rule_of({"release_after": "2h", "if_set": if_set}) == sets(utc(14, 0), if_set)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param(
            {"release_after": "29m"},
            f"release_after: '29m' is invalid: expected {AFTER_RIGHT} {TOO_EARLY}.",
            id="after-29-minutes",
        ),
        pytest.param(
            {"release_after": "1m"},
            f"release_after: '1m' is invalid: expected {AFTER_RIGHT} {TOO_EARLY}.",
            id="after-a-minute",
        ),
        pytest.param(
            {"release_at": "2029-11-23T12:01:00Z"},
            f"release_at: 2029-11-23T20:01:00+08:00 is invalid: expected {TOO_LATE}",
            id="at-more-than-3-years",
        ),
        pytest.param(
            {"release_after": "1096d"},
            f"release_after: 2029-11-24T20:00:00+08:00 is invalid: expected {TOO_LATE}",
            id="after-more-than-3-years",
        ),
        pytest.param(
            {"release_after": "999999d"},
            f"release_after: 4764-10-20T20:00:00+08:00 is invalid: expected {TOO_LATE}",
            id="after-the-longest-duration",
        ),
    ],
)
def test_an_instant_that_ecs_does_not_take_is_refused(
    fields: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidEvent) as caught:
        rule_of(fields)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param(
            {},
            "release_at or release_after is missing; to remove a release time, send the event "
            'to "clear_auto_release"',
            id="missing",
        ),
        pytest.param(
            {"release_at": "2026-11-24T20:00:00Z", "release_after": "2h"},
            "release_at and release_after: specify one of them, not both",
            id="both",
        ),
        pytest.param(
            {"release_at": ""}, f"release_at: '' is invalid: expected {AT_RIGHT}", id="at-empty"
        ),
        pytest.param(
            {"release_after": ""},
            f"release_after: '' is invalid: expected {AFTER_RIGHT}",
            id="after-empty",
        ),
        pytest.param(
            {"release_at": None}, f"release_at: null is invalid: expected {AT_RIGHT}", id="at-null"
        ),
        pytest.param(
            {"release_after": None},
            f"release_after: null is invalid: expected {AFTER_RIGHT}",
            id="after-null",
        ),
        pytest.param(
            {"release_at": "2026-11-24T20:00:00"},
            f"release_at: '2026-11-24T20:00:00' is invalid: expected {AT_RIGHT}",
            id="without-a-zone",
        ),
        pytest.param(
            {"release_at": "2026-11-24"},
            f"release_at: '2026-11-24' is invalid: expected {AT_RIGHT}",
            id="a-plain-date",
        ),
        pytest.param(
            {"release_at": "2026-02-30T20:00:00Z"},
            f"release_at: '2026-02-30T20:00:00Z' is invalid: expected {AT_RIGHT}",
            id="no-such-day",
        ),
        pytest.param(
            {"release_at": "2026-11-24T20:00:00Z\n"},
            f"release_at: '2026-11-24T20:00:00Z\\n' is invalid: expected {AT_RIGHT}",
            id="trailing-newline",
        ),
        pytest.param(
            {"release_at": 1795521600},
            f"release_at: 1795521600 is invalid: expected {AT_RIGHT}",
            id="seconds-since-1970",
        ),
        pytest.param(
            {"release_after": 90},
            f"release_after: 90 is invalid: expected {AFTER_RIGHT}",
            id="a-bare-number",
        ),
        pytest.param(
            {"release_after": "0m"},
            f"release_after: '0m' is invalid: expected {AFTER_RIGHT}",
            id="zero",
        ),
        pytest.param(
            {"release_after": "-2h"},
            f"release_after: '-2h' is invalid: expected {AFTER_RIGHT}",
            id="negative",
        ),
        pytest.param(
            {"release_after": "PT2H"},
            f"release_after: 'PT2H' is invalid: expected {AFTER_RIGHT}",
            id="iso-duration",
        ),
    ],
)
def test_a_time_that_is_none_is_refused_and_never_clears(
    fields: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidEvent) as caught:
        rule_of(fields)

    assert str(caught.value) == message


def test_a_time_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(InvalidEvent, match="release_after: '999999d' is invalid"):
        rule_of({"release_after": "999999d"}, at=datetime(9000, 1, 1, tzinfo=timezone.utc), now=NOW)


@pytest.mark.parametrize("field", ["release_at", "release_after"])
@given(text=st.text(max_size=64) | st.text("0123456789-:TZ+. mhd", max_size=30))
def test_no_text_is_taken_for_no_time(field: str, text: str) -> None:
    try:
        rule = rule_of({field: text})
    except InvalidEvent as error:
        assert str(error).startswith(f"{field}: ")  # noqa: PT017  # most texts raise, some do not
    else:
        assert isinstance(rule, SetAutoReleaseRule)
        assert field == "release_at" or rule.at >= NOW + EARLIEST
        assert rule.at <= NOW + LATEST
