"""Who did what, then: the rule of a schedule for one instance."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shared.base.times import CHINA
from shared.domain.enforcement import Decision, Move, Power, Seen, Terms, decide, in_words
from shared.domain.schedule_spec import parse_spec
from shared.domain.timetable import state_at
from tests.unit.domain.schedules import CALENDAR, local

OFFICE = "workdays 08:30-20:00"
CLOSES = "workdays -20:00"
OPENS = "workdays 08:30-"
TERMS = Terms(catch_up=timedelta(hours=2), enforced=False)
THURSDAY = "2026-11-26"


def moment(text: str) -> datetime | None:
    """``09:00`` of Thursday, ``25 09:00`` of November, or a date and a time; "": none."""
    if not text:
        return None
    day = {5: f"{THURSDAY} ", 8: "2026-11-"}.get(len(text), "")
    return local(f"{day}{text}")


def decided(spec: str, now: str, seen: Seen, terms: Terms = TERMS) -> Decision:
    at = moment(now)
    assert at is not None
    return decide(state_at(parse_spec(spec), at, CHINA, CALENDAR), seen, at, terms)


def on(started: str, kept_until: str = "") -> Seen:
    return Seen(Power.ON, moment(started), kept_until=moment(kept_until))


def off(started: str, kept_off_until: str = "", created: str = "") -> Seen:
    return Seen(
        Power.OFF,
        moment(started),
        created_at=moment(created),
        kept_off_until=moment(kept_off_until),
    )


@pytest.mark.parametrize(
    ("spec", "now", "seen", "move", "reason"),
    [
        (OFFICE, "19:59", on("08:30"), Move.FITS, "running until 20:00"),
        (OFFICE, "20:02", on("08:30"), Move.STOP,
         "running since 08:30, before the close at 20:00"),
        (OFFICE, "20:02", on("19:59"), Move.STOP,
         "running since 19:59, before the close at 20:00"),
        # ECS shows whole minutes: 20:00 may be a second after the close.
        (OFFICE, "20:02", on("20:00"), Move.LEFT,
         "running since 20:00, after the close at 20:00; left until Fri 20:00"),
        (OFFICE, "21:20", on("21:13"), Move.LEFT,
         "running since 21:13, after the close at 20:00; left until Fri 20:00"),
        # The close is caught up whenever the next timer comes.
        (OFFICE, "27 07:00", on("08:30"), Move.STOP,
         "running since Thu 08:30, before the close at Thu 20:00"),
        # Midnight is the close of days without hours: Friday evening does not run the weekend.
        (OFFICE, "28 23:59", on("27 21:13"), Move.LEFT,
         "running since Fri 21:13, after the close at Fri 20:00; left until Sun 00:00"),
        (OFFICE, "29 00:02", on("27 21:13"), Move.STOP,
         "running since Fri 21:13, before the close at 00:00"),
        ("never", "12:00", on("25 23:59"), Move.STOP,
         "running since Wed 23:59, before the close at 00:00"),
        ("never", "12:00", on("11:00"), Move.LEFT,
         "running since 11:00, after the close at 00:00; left until Fri 00:00"),
        (OFFICE, "21:00", on(""), Move.LEFT, "running, but ECS shows no StartTime"),
        # The end of keep-until outside all spans is a close.
        (OFFICE, "22:02", on("21:00", "22:00"), Move.STOP,
         "running since 21:00, before the close at 22:00"),
        (OFFICE, "22:02", on("22:01", "22:00"), Move.LEFT,
         "running since 22:01, after the close at 22:00; left until Fri 20:00"),
        (OFFICE, "20:02", on("08:30", "12:00"), Move.STOP,
         "running since 08:30, before the close at 20:00"),
        (OFFICE, "12:02", on("08:30", "12:00"), Move.FITS, "running until 20:00"),
        # Openings.
        (OFFICE, "08:29", off("25 08:30"), Move.FITS, "stopped; opens 08:30"),
        (OFFICE, "20:02", off("08:30"), Move.FITS, "stopped; opens Fri 08:30"),
        (OFFICE, "08:30", off("25 08:30"), Move.START, "stopped, and the opening was at 08:30"),
        (OFFICE, "10:30", off("25 08:30"), Move.START, "stopped, and the opening was at 08:30"),
        (OFFICE, "10:31", off("25 08:30"), Move.LEFT,
         ("stopped; not started since the opening at 08:30, which is caught up for 2h only; "
         "left until Fri 08:30")),
        (OFFICE, "09:00", off("08:32"), Move.LEFT,
         "started at 08:32, after the opening at 08:30, and stopped since; left until Fri 08:30"),
        (OFFICE, "09:00", off("08:30"), Move.LEFT,
         "started at 08:30, after the opening at 08:30, and stopped since; left until Fri 08:30"),
        (OFFICE, "09:00", off("", created="08:45"), Move.LEFT,
         "created at 08:45, after the opening at 08:30, and stopped since; left until Fri 08:30"),
        (OFFICE, "09:00", off("", created="25 08:45"), Move.START,
         "stopped, and the opening was at 08:30"),
        (OFFICE, "09:00", off(""), Move.LEFT,
         "stopped, and ECS shows neither StartTime nor CreationTime; left until Fri 08:30"),
        ("workdays 8:30-9:00", "08:45", off("25 08:30"), Move.START,
         "stopped, and the opening was at 08:30"),
        ("workdays 8:30-9:00", "08:46", off("25 08:30"), Move.LEFT,
         "stopped; the close at 09:00 is less than 15m away; left until Fri 08:30"),
        ("always", "12:00", off("25 08:30", "11:55"), Move.FITS, "stopped; always starts nothing"),
        ("always", "12:00", on("25 08:30"), Move.FITS, "running"),
        ("daily 0:00-24:00", "12:00", off("25 08:30"), Move.LEFT,
         "stopped, with no opening before now"),
        # The end of keep-off-until inside a span is an opening.
        (OFFICE, "12:02", off("25 08:30", "12:00"), Move.START,
         "stopped, and the opening was at 12:00"),
        (OFFICE, "12:02", off("12:01", "12:00"), Move.LEFT,
         "started at 12:01, after the opening at 12:00, and stopped since; left until Fri 08:30"),
        (OFFICE, "09:00", off("25 08:30", "08:00"), Move.START,
         "stopped, and the opening was at 08:30"),
        (OFFICE, "20:02", off("25 08:30", "20:00"), Move.FITS, "stopped; opens Fri 08:30"),
        ("daily 0:00-24:00", "12:02", off("25 08:30", "12:00"), Move.START,
         "stopped, and the opening was at 12:00"),
        # Lone closes stop within catch-up, and start nothing.
        (CLOSES, "22:00", on("19:59"), Move.STOP,
         "running since 19:59, before the close at 20:00"),
        (CLOSES, "22:01", on("19:59"), Move.LEFT,
         "the close at 20:00 is more than 2h ago; left until Fri 20:00"),
        (CLOSES, "21:00", on("20:30"), Move.LEFT,
         "running since 20:30, after the close at 20:00; left until Fri 20:00"),
        (CLOSES, "23:00", on("19:59", "22:30"), Move.STOP,
         "running since 19:59, before the close at 22:30"),
        (CLOSES, "12:02", on("09:00", "12:00"), Move.STOP,
         "running since 09:00, before the close at 12:00"),
        ("2026-12-24 -20:00", "12:00", on("09:00"), Move.LEFT,
         "running since 09:00, with no close before now; left until 2026-12-24 20:00"),
        (CLOSES, "08:30", off("25 08:30"), Move.FITS, "stopped; its schedule only closes"),
        # Lone openings start within catch-up, and stop nothing.
        (OPENS, "10:30", off("25 08:30"), Move.START, "stopped, and the opening was at 08:30"),
        (OPENS, "10:31", off("25 08:30"), Move.LEFT,
         ("stopped; not started since the opening at 08:30, which is caught up for 2h only; "
         "left until Fri 08:30")),
        (OPENS, "09:00", off("08:35"), Move.LEFT,
         "started at 08:35, after the opening at 08:30, and stopped since; left until Fri 08:30"),
        (OPENS, "22:00", on("25 08:30", "21:00"), Move.FITS, "running; its schedule only opens"),
        # … also later that day if keep-off-until hindered it, and on no other day.
        (OPENS, "14:02", off("25 08:30", "14:00"), Move.START,
         "stopped, and the opening was at 14:00"),
        (OPENS, "28 14:02", off("26 08:30", "28 14:00"), Move.LEFT,
         ("stopped; not started since the opening at Fri 08:30, which is caught up for 2h only; "
         "left until Mon 08:30")),
        (OPENS, "09:00", off("25 08:30", "08:00"), Move.START,
         "stopped, and the opening was at 08:30"),
        (OFFICE, "12:00", Seen(Power.ON_THE_WAY), Move.LEFT,
         "neither running nor stopped"),
        # Times farther away have their date, so that no weekday stands for two.
        ("thu 8:30-", "27 12:00", off("25 08:30"), Move.LEFT,
         ("stopped; not started since the opening at Thu 08:30, which is caught up for 2h only; "
         "left until 2026-12-03 08:30")),
        ("sun 8:30-9:30", "12:00", off("25 08:30"), Move.FITS, "stopped; opens Sun 08:30"),
        ("mon 8:30-9:30", "12:00", off("25 08:30"), Move.FITS, "stopped; opens 2026-11-30 08:30"),
        ("mon -20:00", "12:00", on("23 21:00"), Move.LEFT,
         "running since Mon 21:00, after the close at Mon 20:00; left until 2026-11-30 20:00"),
        ("never, 2027-03-01 9:00-18:00", "12:00", off("25 08:30"), Move.FITS,
         "stopped; opens 2027-03-01 09:00"),
        ("thu 10:00-21:00 Asia/Tokyo", "20:02", on("10:00"), Move.STOP,
         "running since 11:00, before the close at 21:00 (Asia/Tokyo)"),
    ],
)  # fmt: skip
def test_who_did_what_then(spec: str, now: str, seen: Seen, move: Move, reason: str) -> None:
    decision = decided(spec, now, seen)

    assert (decision.move, decision.reason) == (move, reason)


@pytest.mark.parametrize(
    ("spec", "now", "seen", "move"),
    [
        (OFFICE, "21:20", on("21:13"), Move.STOP),
        (OFFICE, "21:20", on(""), Move.STOP),
        ("never", "12:00", on("11:00"), Move.STOP),
        (OFFICE, "12:00", on("11:00"), Move.FITS),
        (OFFICE, "09:00", off("08:32"), Move.LEFT),
        (OFFICE, "10:31", off("25 08:30"), Move.LEFT),
        (CLOSES, "21:00", on("20:30"), Move.LEFT),
        (CLOSES, "22:01", on("19:59"), Move.LEFT),
        (OPENS, "22:00", on("25 08:30"), Move.FITS),
    ],
)
def test_enforced_stops_outside_without_exception_and_changes_nothing_else(
    spec: str, now: str, seen: Seen, move: Move
) -> None:
    assert decided(spec, now, seen, Terms(timedelta(hours=2), enforced=True)).move is move


def test_an_enforced_stop_says_since_when() -> None:
    enforced = Terms(timedelta(hours=2), enforced=True)

    assert decided(OFFICE, "21:20", on("21:13"), enforced) == Decision(
        Move.STOP, "outside its hours since 20:00, enforced"
    )


def test_the_end_of_a_tag_within_a_minute_is_that_minute() -> None:
    """ECS shows no seconds: what began in the same minute may have begun after."""
    end = local(f"{THURSDAY} 22:00") + timedelta(seconds=30, microseconds=5)

    kept = Seen(Power.ON, local(f"{THURSDAY} 22:00"), kept_until=end)
    kept_off = Seen(Power.OFF, local(f"{THURSDAY} 22:00"), kept_off_until=end)

    assert decided(OFFICE, "22:02", kept).move is Move.LEFT
    assert decided("daily 8:00-23:00", "22:02", kept_off).move is Move.LEFT


@pytest.mark.parametrize(
    ("spec", "now", "last", "gave_up"),
    [
        pytest.param(OFFICE, "10:30", "25 08:30", False, id="caught-up"),
        pytest.param(OFFICE, "10:31", "25 08:30", True, id="too-late-since-a-minute"),
        pytest.param(OFFICE, "10:45", "25 08:30", True, id="since-a-timer"),
        pytest.param(OFFICE, "10:46", "25 08:30", False, id="since-longer"),
        pytest.param(OFFICE, "10:31", "08:29", True, id="last-started-before"),
        pytest.param(OFFICE, "10:31", "08:30", False, id="started-with-it"),
        pytest.param(OFFICE, "10:31", "", False, id="ecs-shows-no-start"),
        pytest.param("daily 8:30-10:40", "10:30", "25 08:30", False, id="not-worth-it-in-time"),
    ],
)
def test_an_opening_is_given_up_by_the_first_timer_that_is_too_late(
    spec: str,
    now: str,
    last: str,
    gave_up: bool,  # noqa: FBT001  # a column of the table
) -> None:
    assert decided(spec, now, off(last)).gave_up is gave_up


def test_a_future_end_of_a_tag_is_no_boundary() -> None:
    """The guard holds until then."""
    assert decided(OFFICE, "20:30", on("20:10", "22:00")).move is Move.LEFT
    assert decided(OFFICE, "11:00", off("25 08:30", "12:00")).move is Move.LEFT


@pytest.mark.parametrize(
    ("minutes", "text"), [(30, "30m"), (90, "90m"), (120, "2h"), (1440, "24h")]
)
def test_a_duration_is_said_as_it_is_set(minutes: int, text: str) -> None:
    assert in_words(timedelta(minutes=minutes)) == text
