"""The rule of set_auto_release: a time that is set, one that has come too near, if_set."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import product
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec.structs import replace

from functions.set_auto_release import SetAutoReleaseRule
from shared.base.times import CHINA
from shared.domain.instance import Status
from shared.domain.steps import (
    Done,
    Impossible,
    SetAutoRelease,
    Step,
    in_words,
)
from tests.functions.rule_cases import BASE, BOOLS, NOT_KNOWN, NOW, instances

AT = datetime(2026, 11, 24, 20, 0, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
SET = SetAutoRelease(AT)


@pytest.mark.parametrize(
    ("if_set", "is_set", "expected"),
    [
        ("replace", None, SET),
        ("keep", None, SET),
        ("earlier", None, SET),
        ("later", None, SET),
        ("replace", AT, Done()),
        ("keep", AT, Done()),
        ("earlier", AT, Done()),
        ("later", AT, Done()),
        ("replace", AT - MINUTE, SET),
        ("keep", AT - MINUTE, Done("keeps 2026-11-25T03:59:00+08:00, because if_set is keep")),
        (
            "earlier",
            AT - MINUTE,
            Done("keeps 2026-11-25T03:59:00+08:00, because if_set is earlier"),
        ),
        ("later", AT - MINUTE, SET),
        ("replace", AT + MINUTE, SET),
        ("keep", AT + MINUTE, Done("keeps 2026-11-25T04:01:00+08:00, because if_set is keep")),
        ("earlier", AT + MINUTE, SET),
        ("later", AT + MINUTE, Done("keeps 2026-11-25T04:01:00+08:00, because if_set is later")),
    ],
)
def test_set_auto_release_minds_a_time_that_is_set(
    if_set: Literal["replace", "keep", "earlier", "later"],
    is_set: datetime | None,
    expected: Step,
) -> None:
    for one, may_move in product(instances(), BOOLS):
        rule = SetAutoReleaseRule(AT, if_set, may_move=may_move, zone=CHINA)
        step = rule.next_step(replace(one, auto_release_at=is_set), NOW)
        assert step == (NOT_KNOWN if one.status is Status.GONE else expected)


NEAR = AT - timedelta(minutes=30)
"""From when on a release time of AT is refused by ECS, exclusive."""
MOVED = (
    "2026-11-25T04:00:00+08:00 is now too close: ECS accepts only times at least 30 minutes ahead"
)
MOST_IF_SET: tuple[Literal["replace", "keep", "earlier", "later"], ...] = (
    "replace",
    "keep",
    "earlier",
    "later",
)


@pytest.mark.parametrize("if_set", MOST_IF_SET)
@pytest.mark.parametrize("may_move", BOOLS)
def test_a_time_half_an_hour_ahead_is_set_as_asked(
    if_set: Literal["replace", "keep", "earlier", "later"],
    may_move: bool,  # noqa: FBT001  # a column of the table
) -> None:
    rule = SetAutoReleaseRule(AT, if_set, may_move=may_move, zone=CHINA)

    assert rule.next_step(BASE, NEAR) == SET
    assert rule.way(BASE, NEAR) == "set release time 2026-11-25T04:00:00+08:00"


@pytest.mark.promise("S35")
@pytest.mark.parametrize("if_set", MOST_IF_SET)
@pytest.mark.parametrize(
    ("now", "nearest"),
    [
        (NEAR + timedelta(microseconds=1), AT + 2 * MINUTE),
        (NEAR + MINUTE, AT + 2 * MINUTE),
        (NEAR + timedelta(seconds=61), AT + 3 * MINUTE),
        (AT, AT + timedelta(minutes=31)),
        (AT + timedelta(hours=4, seconds=1), AT + timedelta(hours=4, minutes=32)),
    ],
    ids=str,
)
def test_a_lease_that_has_come_too_near_is_set_31_minutes_ahead(
    if_set: Literal["replace", "keep", "earlier", "later"], now: datetime, nearest: datetime
) -> None:
    rule = SetAutoReleaseRule(AT, if_set, may_move=True, zone=CHINA)
    local = nearest.astimezone(CHINA).isoformat()

    assert rule.next_step(BASE, now) == SetAutoRelease(nearest)
    assert rule.way(BASE, now) == f"set release time {local}; {MOVED}"
    assert timedelta(minutes=31) <= nearest - now < timedelta(minutes=32)


@pytest.mark.promise("S35")
@pytest.mark.parametrize("if_set", MOST_IF_SET)
@pytest.mark.parametrize("is_set", [AT - MINUTE, AT + MINUTE, AT + timedelta(days=9)], ids=str)
def test_a_lease_that_has_come_too_near_moves_nothing_that_is_set(
    if_set: Literal["replace", "keep", "earlier", "later"], is_set: datetime
) -> None:
    rule = SetAutoReleaseRule(AT, if_set, may_move=True, zone=CHINA)

    for now in (NEAR + MINUTE, AT, AT + timedelta(hours=4)):
        assert isinstance(rule.next_step(replace(BASE, auto_release_at=is_set), now), Done)
    assert SetAutoReleaseRule(AT, "replace", may_move=True, zone=CHINA).next_step(
        replace(BASE, auto_release_at=AT + MINUTE), AT
    ) == Done(f"release time 2026-11-25T04:01:00+08:00; {MOVED}")


@pytest.mark.parametrize("if_set", MOST_IF_SET)
@pytest.mark.parametrize("may_move", BOOLS)
def test_what_stands_already_stands_however_little_is_left(
    if_set: Literal["replace", "keep", "earlier", "later"],
    may_move: bool,  # noqa: FBT001  # a column of the table
) -> None:
    rule = SetAutoReleaseRule(AT, if_set, may_move=may_move, zone=CHINA)

    for now in (NEAR, NEAR + MINUTE, AT, AT + MINUTE):
        assert rule.next_step(replace(BASE, auto_release_at=AT), now) == Done()


@pytest.mark.parametrize(
    ("if_set", "is_set", "fails"),
    [
        ("replace", None, True),
        ("keep", None, True),
        ("replace", AT + MINUTE, True),
        ("keep", AT + MINUTE, False),
        ("earlier", AT + MINUTE, True),
        ("earlier", AT - MINUTE, False),
        ("later", AT + MINUTE, False),
        ("later", AT - MINUTE, True),
    ],
)
def test_a_fixed_time_that_is_too_near_fails_where_it_would_be_set(
    if_set: Literal["replace", "keep", "earlier", "later"],
    is_set: datetime | None,
    fails: bool,  # noqa: FBT001  # a column of the table
) -> None:
    rule = SetAutoReleaseRule(AT, if_set, may_move=False, zone=CHINA)
    too_early = Impossible(
        "2026-11-25T04:00:00+08:00 is too early: ECS accepts only times at least 30 minutes ahead"
    )

    for now in (NEAR + timedelta(microseconds=1), AT + timedelta(days=999)):
        step = rule.next_step(replace(BASE, auto_release_at=is_set), now)
        assert (step == too_early) is fails
        assert isinstance(step, Impossible if fails else Done)


def test_release_times_are_compared_as_instants_when_clocks_go_back() -> None:
    paris = ZoneInfo("Europe/Paris")
    doubled = datetime(2026, 10, 25, 0, 30, tzinfo=timezone.utc)  # 02:30, twice
    rule = SetAutoReleaseRule(doubled, "replace", may_move=False, zone=paris)

    step = rule.next_step(BASE, doubled - timedelta(days=1))

    assert step == SetAutoRelease(doubled)
    assert in_words(step) == "set release time 2026-10-25T02:30:00+02:00"
    later = msgspec.structs.replace(rule, at=doubled + timedelta(hours=1))
    assert in_words(later.next_step(BASE, doubled)) == "set release time 2026-10-25T02:30:00+01:00"
