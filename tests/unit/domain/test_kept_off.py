"""What the end of ``curfew:keep-off-until`` means, for each kind of schedule."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.base.times import CHINA
from shared.domain.enforcement import Move, Power, Seen, Terms, decide
from shared.domain.schedule_spec import parse_spec
from shared.domain.timetable import state_at
from tests.unit.domain.schedules import CALENDAR, local

THURSDAY = "2026-11-26"
LONE, TWICE = "workdays 08:30-", "workdays 08:30-, workdays 13:00-"
SPAN = "workdays 08:30-20:00"


def move(spec: str, now: str, started: str, end: str, *, created: str = "") -> str:
    """What becomes of a stopped instance; times of Thursday, or ``25 08:30``, or "" for none."""
    moments = {
        name: local(f"{THURSDAY[:-2]}{text}" if " " in text else f"{THURSDAY} {text}")
        for name, text in {
            "now": now,
            "started_at": started,
            "created_at": created,
            "kept_off_until": end,
        }.items()
        if text
    }
    at = moments.pop("now")
    seen = Seen(Power.OFF, **moments)
    terms = Terms(timedelta(hours=2), enforced=False)
    decision = decide(state_at(parse_spec(spec), at, CHINA, CALENDAR), seen, at, terms)
    return decision.move.value


@pytest.mark.parametrize(
    ("spec", "now", "started", "end", "expected"),
    [
        # A lone opening that it hindered: later that day its end is one.
        (LONE, "14:02", "25 08:32", "14:00", Move.START),
        (LONE, "14:00", "25 08:32", "14:00", Move.START),
        (LONE, "13:59", "25 08:32", "14:00", Move.LEFT),
        (LONE, "16:00", "25 08:32", "14:00", Move.START),
        ("daily 6:00-", "12:02", "25 06:02", "12:00", Move.START),
        (LONE, "16:02", "25 08:32", "14:00", Move.LEFT),
        (LONE, "14:02", "14:01", "14:00", Move.LEFT),
        (LONE, "27 00:02", "25 08:32", "27 00:00", Move.LEFT),
        (LONE, "28 14:02", "26 08:32", "28 14:00", Move.LEFT),
        # One that it did not hinder, since the instance was started after it.
        (LONE, "14:02", "08:32", "14:00", Move.LEFT),
        (LONE, "14:02", "08:30", "14:00", Move.LEFT),
        (LONE, "14:02", "12:00", "14:00", Move.LEFT),
        (LONE, "09:02", "08:32", "09:00", Move.LEFT),
        # One that it did not hinder, since it ended before.
        (LONE, "08:32", "25 08:32", "08:00", Move.START),
        (LONE, "08:32", "25 08:32", "08:30", Move.START),
        (LONE, "08:32", "25 08:32", "24 08:00", Move.START),
        (LONE, "09:02", "08:32", "08:00", Move.LEFT),
        (LONE, "10:32", "25 08:32", "08:00", Move.LEFT),
        (LONE, "08:02", "25 07:00", "07:59", Move.LEFT),
        # Of two on one day it may have hindered one.
        (TWICE, "12:32", "25 08:32", "12:30", Move.START),
        (TWICE, "12:32", "08:32", "12:30", Move.LEFT),
        (TWICE, "14:32", "08:32", "14:30", Move.START),
        (TWICE, "14:32", "13:02", "14:30", Move.LEFT),
        # Inside a span the end is an opening, whatever was before.
        (SPAN, "14:02", "25 08:32", "14:00", Move.START),
        (SPAN, "14:02", "08:32", "14:00", Move.START),
        (SPAN, "14:02", "14:01", "14:00", Move.LEFT),
        (SPAN, "09:02", "08:32", "08:00", Move.LEFT),
        (SPAN, "20:02", "25 08:32", "20:01", Move.FITS),
        ("daily 22:00-6:00", "27 01:02", "25 22:02", "27 01:00", Move.START),
        ("daily 0:00-24:00", "14:02", "25 08:32", "14:00", Move.START),
        ("daily 0:00-24:00", "16:02", "25 08:32", "14:00", Move.LEFT),
        # These start nothing.
        ("workdays -20:00", "14:02", "25 08:32", "14:00", Move.FITS),
        ("always", "14:02", "25 08:32", "14:00", Move.FITS),
        ("never", "14:02", "25 08:32", "14:00", Move.FITS),
    ],
)
def test_the_end_of_keep_off_until(
    spec: str, now: str, started: str, end: str, expected: Move
) -> None:
    assert move(spec, now, started, end) == expected.value


@pytest.mark.parametrize(
    ("created", "expected"), [("25 12:00", Move.START), ("08:30", Move.LEFT), ("12:00", Move.LEFT)]
)
def test_no_opening_was_hindered_for_what_was_created_after_it(
    created: str, expected: Move
) -> None:
    assert move(LONE, "14:02", "", "14:00", created=created) == expected.value
