"""``schedule explain``: the strip says what the schedule says, in 80 columns."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner, Result
from hypothesis import example, given, settings
from hypothesis import strategies as st

from local.cli.main import group
from local.show.strip import ASCII, BLOCKS, Picture, draw
from shared.base.times import CHINA
from shared.domain.calendar import China
from shared.domain.local_days import instant_of
from shared.domain.schedule import Kind, Schedule
from shared.domain.schedule_spec import parse_spec
from shared.domain.timetable import state_at
from tests.unit.domain.schedules import CALENDAR, instants, local, schedules

OFFICE = "workdays 08:30-20:00"
CATCH_UP = timedelta(hours=2)
HALF_DAY, DAY = "·" * 24, "·" * 48


def explain(*arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(group, ["schedule", "explain", *arguments], env=dict(environ))


def picture(schedule: Schedule, at: datetime, days: int = 3) -> Picture:
    return Picture(schedule, at, days, CHINA, CALENDAR, CATCH_UP)


def lines(spec: str, at: str, days: int = 3) -> list[str]:
    return [one.plain for one in draw(picture(parse_spec(spec), local(at), days))]


def drawn(said: list[str]) -> list[str]:
    """The strip, without what is said above it and the axis."""
    return said[said.index("") + 2 :]


def test_the_strip_of_a_week_with_a_worked_saturday() -> None:
    said = explain(OFFICE, "--at", "2026-10-07T09:00", "--days", "5").stdout.splitlines()

    on = f"{'·' * 17}{'█' * 23}{'·' * 8}  08:30-20:00"
    assert said == [
        "workdays 08:30-20:00",
        "Wed 2026-10-07 09:00 Asia/Shanghai",
        "off since Wed 09-30 20:00, opens Thu 10-08 08:30",
        "The close at 00:00 stops what ran before; what is off stays off.",
        "What is started by hand now is left until the next close, Thu 10-08 00:00.",
        "",
        "            0     3     6     9     12    15    18    21    24",
        f"> Wed 10-07 {DAY}  holiday",
        "                              ▲",
        f"  Thu 10-08 {on}",
        f"  Fri 10-09 {on}",
        f"  Sat 10-10 {on} worked",
        f"  Sun 10-11 {DAY}",
    ]


@pytest.mark.parametrize(
    ("spec", "at", "said"),
    [
        (
            OFFICE,
            "2026-10-10 09:00",
            [
                "on since 08:30, until 20:00",
                "What ran before is left on; what was off before is started.",
                "What starts and is then stopped by hand stays off until Mon 10-12 08:30.",
            ],
        ),
        (
            OFFICE,
            "2026-10-10 19:00",
            [
                "on since 08:30, until 20:00",
                "What ran before is left on; what was off before stays off.",
                "What is stopped by hand stays off until Mon 10-12 08:30.",
            ],
        ),
        (
            OFFICE,
            "2026-10-09 21:00",
            [
                "off since 20:00, opens Sat 10-10 08:30",
                "The close at 20:00 stops what ran before; what is off stays off.",
                "What is started by hand now is left until the next close, Sat 10-10 20:00.",
            ],
        ),
        (
            OFFICE,
            "2026-10-09 08:00",
            [
                "off since Thu 10-08 20:00, opens 08:30",
                "The close of Thu 10-08 20:00 stops what ran before; what is off stays off.",
                "What is started by hand now is left until the next close, 20:00.",
            ],
        ),
        (
            "daily 0:00-24:00",
            "2026-10-10 00:02",
            [
                "on for good",
                "It starts nothing: it is one span, without an opening; what runs is left on.",
                "What is stopped by hand stays off until it is started by hand.",
            ],
        ),
        (
            "sun-fri 0:00-24:00",
            "2026-10-07 00:02",
            [
                "on since Sun 10-04 00:00, until Sat 10-10 00:00",
                "What ran before is left on; what was off before stays off.",
                "What is stopped by hand stays off until Sun 10-11 00:00.",
            ],
        ),
        (
            "always, 2026-10-10 off",
            "2026-10-07 12:00",
            [
                "on, until Sat 10-10 00:00",
                "It starts nothing: that is what always means; what runs is left on.",
                "What is stopped by hand stays off until it is started by hand.",
            ],
        ),
        (
            "daily -20:00",
            "2026-10-07 12:00",
            [
                "only closes, the next at 20:00",
                "What ran before is left on; what was off before stays off.",
                "What is started by hand now is left until the next close, 20:00.",
            ],
        ),
        (
            "daily 8:00-",
            "2026-10-07 09:00",
            [
                "only opens, the next at Thu 10-08 08:00",
                "What ran before is left on; what was off before is started.",
                "What starts and is then stopped by hand stays off until Thu 10-08 08:00.",
            ],
        ),
        (
            "daily 8:00-",
            "2026-10-07 12:00",
            [
                "only opens, the next at Thu 10-08 08:00",
                "What ran before is left on; what was off before stays off.",
                "What is stopped by hand stays off until Thu 10-08 08:00.",
            ],
        ),
        (
            "never",
            "2026-10-07 12:00",
            [
                "off",
                "The close at 00:00 stops what ran before; what is off stays off.",
                "What is started by hand now is left until the next close, Thu 10-08 00:00.",
            ],
        ),
    ],
    ids=[
        "morning",
        "late",
        "evening",
        "early",
        "touching",
        "six-days",
        "always",
        "closes",
        "opens",
        "opened",
        "never",
    ],
)
def test_what_becomes_of_whom(spec: str, at: str, said: list[str]) -> None:
    shown = lines(spec, at)

    assert shown[2 : shown.index("")] == said


@settings(max_examples=30, deadline=None)
@given(schedule=schedules(kinds=(Kind.SPANS,)), at=instants())
def test_it_is_off_since_the_end_of_a_span(schedule: Schedule, at: datetime) -> None:
    asked = picture(schedule, at)
    (said,) = [one.plain for one in draw(asked)][2:3]
    since = re.match(r"off since (?:\w{3} )?([\d :-]+)", said)
    if since is None:
        return
    state = state_at(schedule, at, CHINA, CALENDAR)
    assert state.opened_at is not None
    span = state_at(schedule, state.opened_at, CHINA, CALENDAR)

    assert not state.inside
    assert span.inside
    assert span.closes_at is not None
    assert span.closes_at <= at
    assert f"{span.closes_at.astimezone(asked.own_zone):%H:%M}" == since[1].split(",")[0][-5:]


def test_half_an_hour_may_be_half_on() -> None:
    (row,) = (one for one in lines("mon 9:15-12:15", "2026-11-23 00:00") if "Mon 11" in one[:8])

    assert row == f"> Mon 11-23 {'·' * 18}▐{'█' * 5}▌{'·' * 23}  09:15-12:15"


def test_a_night_belongs_to_its_first_day_and_runs_into_the_next() -> None:
    rows = drawn(lines("fri 20:00-06:00", "2026-11-27 12:00"))

    assert rows[0] == f"> Fri 11-27 {'·' * 40}{'█' * 8}  20:00-06:00"
    assert rows[2] == f"  Sat 11-28 {'█' * 12}{'·' * 36}"


def test_several_spans_of_a_day_are_counted() -> None:
    (row,) = (
        one
        for one in lines("daily 9:00-12:00, daily 13:00-18:00", "2026-11-27 12:00")
        if one.startswith("> ")
    )

    assert row.endswith("  2 times")


@pytest.mark.parametrize(
    ("spec", "mark", "hours", "said", "legend"),
    [
        (
            "daily -20:00",
            "■",
            "-20:00",
            "only closes, the next at 20:00",
            "■ stops what was started before",
        ),
        (
            "daily 20:00-",
            "▶",
            "20:00-",
            "only opens, the next at 20:00",
            "▶ starts what was not started since",
        ),
    ],
    ids=["closes", "openings"],
)
def test_lone_ends_are_marks(spec: str, mark: str, hours: str, said: str, legend: str) -> None:
    shown = lines(spec, "2026-11-27 12:00")

    assert shown[2] == said
    assert shown[7] == f"> Fri 11-27 {'·' * 40}{mark}{'·' * 7}  {hours}"
    assert shown[-1] == legend


def test_days_beyond_the_calendar_are_guesses_and_the_warning_is_last() -> None:
    known = China(frozenset(), frozenset(), 2010, 2026)
    calendar = type(CALENDAR)(china=known)
    asked = Picture(parse_spec(OFFICE), local("2026-12-31 12:00"), 2, CHINA, calendar, CATCH_UP)

    *_, row, warning = (one.plain for one in draw(asked))

    assert row.endswith("08:30-20:00 guess")
    assert warning.startswith("The calendar of working days ends with 2026: 2027-01-01 ")


def test_the_zone_is_the_schedules_own() -> None:
    said = explain(f"{OFFICE} Asia/Tokyo", "--at", "2026-11-26T09:00").stdout.splitlines()

    assert said[1] == "Thu 2026-11-26 09:00 JST"
    assert (
        explain(OFFICE, "--at", "2026-11-26T09:00", CURFEW_TZ="Asia/Tokyo")
        .stdout.splitlines()[1]
        .endswith("JST")
    )


def test_a_time_may_have_an_offset_or_be_a_day() -> None:
    assert "09:30 Asia/Shanghai" in explain(OFFICE, "--at", "2026-11-26T01:30Z").stdout
    assert "00:00 Asia/Shanghai" in explain(OFFICE, "--at", "2026-11-26").stdout
    assert "Asia/Shanghai" in explain(OFFICE).stdout


def test_a_name_is_looked_up_where_the_functions_look() -> None:
    said = explain("office", "--at", "2026-11-26", CURFEW_SCHEDULES=f'{{"Office": "{OFFICE}"}}')

    assert said.stdout.splitlines()[0] == OFFICE


@pytest.mark.parametrize(
    ("arguments", "environ", "said"),
    [
        (["工作日 8:30-20:00"], {}, "the schedule cannot be read: word 1, '工作日', is Chinese"),
        (["mon-fri 9-18"], {}, "the schedule cannot be read: word 2, '9-18'"),
        (["shop"], {}, "the schedule cannot be read: there is no schedule named 'shop'"),
        (
            [OFFICE, "--at", "noon"],
            {},
            "--at: 'noon' is not a time; write it like 2026-10-10T09:00",
        ),
        ([OFFICE, "--at", "2026-02-30"], {}, "--at: '2026-02-30' is not a time"),
        *(
            (
                [OFFICE, "--at", at],
                {},
                f"--at: '{at}' is too far away; write a year from 1971 to 2099",
            )
            for at in ("0001-06-01", "1970-12-31", "9999-12-31", "2100-01-01T00:00+00:00")
        ),
        ([OFFICE], {"CURFEW_TZ": "CST"}, "CURFEW_TZ is 'CST'"),
        ([OFFICE], {"CURFEW_HOLIDAYS": "sat"}, "CURFEW_HOLIDAYS: word 1, 'sat'"),
        (["office"], {"CURFEW_SCHEDULES": '{"office": "mon"}'}, "CURFEW_SCHEDULES: 'office'"),
    ],
    ids=[
        *("chinese", "no-minutes", "no-name", "no-time", "no-day", "year-1", "year-1970"),
        *("year-9999", "year-2100", "zone", "holidays", "names"),
    ],
)
def test_what_is_wrong_is_one_line(
    arguments: list[str], environ: dict[str, str], said: str
) -> None:
    result = explain(*arguments, **environ)

    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"Error: {said}")


@settings(max_examples=20, deadline=None)
@given(schedule=schedules(), at=instants())
@example(schedule=parse_spec("offdays 0:00-24:00"), at=local("2020-01-01 08:00"))
def test_every_picture_fits_80_columns_and_ascii_needs_no_other_characters(
    schedule: Schedule, at: datetime
) -> None:
    title, *rest = draw(picture(schedule, at))
    plain = Picture(schedule, at, 3, CHINA, CALENDAR, CATCH_UP, ASCII)

    assert title.plain == str(schedule)
    assert [one.plain for one in rest if len(one.plain) > 80 and "calendar" not in one.plain] == []
    assert all(one.plain.isascii() for one in draw(plain))


@settings(max_examples=20, deadline=None)
@given(
    schedule=schedules(kinds=(Kind.SPANS,)),
    at=instants(),
    places=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 95)), max_size=3),
)
def test_the_strip_agrees_with_the_timetable(
    schedule: Schedule, at: datetime, places: list[tuple[int, int]]
) -> None:
    asked = picture(schedule, at, 2)
    rows = drawn([one.plain for one in draw(asked)])
    strips = [rows[0][12:60], rows[2][12:60]]

    for number, quarter in places:
        day = asked.local.date() + timedelta(days=number)
        moment = instant_of(day, quarter * 15, asked.own_zone)
        mark = strips[number][quarter // 2]
        is_on = mark in {BLOCKS.on, (BLOCKS.first, BLOCKS.second)[quarter % 2]}
        assert is_on is state_at(schedule, moment, CHINA, CALENDAR).inside, (day, quarter)
