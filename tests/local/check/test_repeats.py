"""Timers that repeat another: when that is no repeat, by whatever name."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from local.check.findings import Level
from local.check.repeats import check_repeats

NOW = datetime(2026, 11, 26, 4, 0, tzinfo=timezone.utc)
CHINA = "CRON_TZ=Asia/Shanghai "
STOP = '{"action": "stop", "tags": {"team": "dev"}}'
EVENING = f"{CHINA}0 0 20 * * MON-FRI"


def timer(name: str, cron: str, payload: str = STOP, *, enable: bool = False) -> dict[str, Any]:
    config = {"cronExpression": cron, "payload": payload, "enable": enable}
    return {"triggerName": name, "triggerType": "timer", "triggerConfig": config}


def said(*timers: dict[str, Any]) -> list[str]:
    found = list(check_repeats(timers, NOW))
    assert {one.level for one in found} <= {Level.WARNING}
    return [one.text for one in found]


@pytest.mark.parametrize(
    "again",
    [
        f"{CHINA}0 15 20 * * MON-FRI",
        "0 15 12 * * MON-FRI",
        f"{CHINA}0 30 7 * * TUE-SAT",
        EVENING,
    ],
    ids=["a-quarter-later", "in-another-zone", "the-next-morning", "at-once"],
)
def test_what_comes_after_on_the_same_days_is_fine(again: str) -> None:
    assert said(timer("evening", EVENING), timer("evening-again", again)) == []


def test_midnight_between_the_two_makes_no_other_day() -> None:
    late = timer("late", f"{CHINA}0 50 23 * * MON-FRI")

    assert said(late, timer("late-again", f"{CHINA}0 5 0 * * TUE-SAT")) == []
    assert "on different days" in said(late, timer("late-again", f"{CHINA}0 5 0 * * MON-FRI"))[0]


@pytest.mark.parametrize("payload", [STOP, '{"action": "stop", "tags": {"team": "ops"}}'])
@pytest.mark.parametrize("swapped", [False, True])
def test_a_repeat_that_comes_first_is_told_wherever_it_stands(
    payload: str,
    swapped: bool,  # noqa: FBT001  # a table's column
) -> None:
    both = [
        timer("evening", f"{CHINA}0 0 21 * * MON-FRI"),
        timer("evening-again", f"{CHINA}0 15 20 * * MON-FRI", payload),
    ]

    assert said(*(both[::-1] if swapped else both))[-1] == (
        "timer evening-again fires before evening, which it repeats: at Fri 27 Nov 20:15, and "
        "evening at 21:00"
    )


@pytest.mark.parametrize(
    ("first", "again", "odd"),
    [
        ("MON-FRI", "*", "Sat 28 Nov 20:15 only evening-again fires"),
        ("*", "MON-FRI", "Sat 28 Nov 20:00 only evening fires"),
        ("MON", "TUE", "Mon 30 Nov 20:00 only evening fires"),
    ],
)
def test_other_days_are_told(first: str, again: str, odd: str) -> None:
    (told,) = said(
        timer("evening", f"{CHINA}0 0 20 * * {first}"),
        timer("evening-again", f"{CHINA}0 15 20 * * {again}"),
    )

    assert told == f"timers evening and evening-again run on different days: on {odd}"


def test_a_repeat_that_is_on_alone_or_asks_something_else_is_told() -> None:
    again = f"{CHINA}0 15 20 * * MON-FRI"

    assert said(timer("evening", EVENING), timer("evening-again", again, enable=True)) == [
        "timer evening-again is ON, but evening is off, though both send the same request"
    ]
    assert said(timer("evening", EVENING, enable=True), timer("evening-again", again)) == []
    assert said(timer("evening", EVENING), timer("evening-again", again, '{"a": 1}')) == [
        "timer evening-again does not send the same request as evening, which it repeats"
    ]


def test_two_of_other_names_are_a_repeat_if_they_ask_the_same_within_an_hour() -> None:
    first = timer("a", f"{CHINA}0 0 20 * * *")
    before = f"{CHINA}0 15 19 * * *"

    assert said(first, timer("b", before)) == [
        "timer b fires before a, which it repeats: at Fri 27 Nov 19:15, and a at 20:00"
    ]
    assert said(first, timer("b", before, '{"action": "stop", "name": "x"}')) == []
    assert said(first, timer("b", f"{CHINA}0 30 18 * * *")) == []
    assert said(first, timer("b", f"{CHINA}0 0 14 * * SAT,SUN")) == []


@pytest.mark.parametrize(
    "other",
    [
        timer("evening-again", "@every 5m"),
        timer("evening-again", "* * * * * *"),
        timer("evening-again", "never"),
        timer("evening-again", f"{CHINA}0 0 9 30 2 *"),
        timer("evening-again", f"{CHINA}0 0 9 * * *", "stop"),
        timer("evening-again", f"{CHINA}0 0 9 * * *", "[]"),
        {"triggerName": "evening-again", "triggerType": "mns_topic", "triggerConfig": {}},
        {"triggerName": "evening-again", "triggerType": "timer"},
    ],
    ids=lambda one: str(one.get("triggerConfig", {}).get("cronExpression", one["triggerType"])),
)
def test_what_has_no_times_or_no_request_is_not_compared(other: dict[str, Any]) -> None:
    assert said(timer("evening", EVENING), other) == []


def test_a_month_ahead_is_compared() -> None:
    once = f"{CHINA}0 0 20 {(NOW + timedelta(days=30)).day} * *"

    assert len(said(timer("evening", once), timer("evening-again", EVENING))) == 1
