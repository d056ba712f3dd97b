"""The check of what knows schedules: names, the calendar's end, timers that come too seldom."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from local.check.findings import Level
from local.check.whole import check_file
from shared.domain.calendar import Calendar, China
from tests.harness.s_yaml import SHIPPED

NOW = datetime(2026, 11, 26, 4, 0, tzinfo=timezone.utc)
TEXT = SHIPPED.read_text(encoding="utf-8")
CEILING = "        CURFEW_MAX_INSTANCES: '1000'\n"
QUARTER = "0 2,17,32,47 * * * *"


def told(tmp_path: Path, old: str = "", new: str = "", now: datetime = NOW) -> dict[Level, str]:
    assert old in TEXT
    path = tmp_path / "s.yaml"
    path.write_text(TEXT.replace(old, new) if old else TEXT, encoding="utf-8")
    found = [one for section in check_file(path, now, {}) for one in section.findings]
    return {level: "\n".join(one.text for one in found if one.level is level) for level in Level}


def test_it_says_until_when_working_days_are_known(tmp_path: Path) -> None:
    said = f"working days are known until the end of {Calendar().until}"

    assert told(tmp_path)[Level.OK].count(said) == 2  # apply_schedule, describe


def test_names_of_schedules_are_told(tmp_path: Path) -> None:
    schedules = '{"shop": "daily 9:00-21:00", "office": "mon-fri 9:00-18:00"}'
    names = f"        CURFEW_SCHEDULES: '{schedules}'\n"

    assert "; schedules: office, shop" in told(tmp_path, CEILING, CEILING + names)[Level.OK]


@pytest.mark.parametrize(
    ("variable", "error"),
    [
        (
            """CURFEW_SCHEDULES: '{"office": "mon-fri 9-18"}'""",
            "CURFEW_SCHEDULES: 'office': word 2",
        ),
        ("CURFEW_HOLIDAYS: christmas", "CURFEW_HOLIDAYS: word 1, 'christmas'"),
        ("CURFEW_CATCH_UP: 10m", "CURFEW_CATCH_UP"),
    ],
    ids=["names", "days", "catch-up"],
)
def test_what_cannot_be_read_is_an_error(variable: str, error: str, tmp_path: Path) -> None:
    said = told(tmp_path, CEILING, f"{CEILING}        {variable}\n")[Level.ERROR]

    assert f"environment variables: {error}" in said


def test_the_end_of_the_calendar_is_a_warning_sixty_days_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = China(frozenset(), frozenset(), 2010, 2026)
    monkeypatch.setattr("shared.domain.calendar.installed", lambda: known)
    first, before = (datetime(2026, 11, day, 4, 0, tzinfo=timezone.utc) for day in (2, 1))

    assert told(tmp_path, now=first)[Level.WARNING] == (
        "the calendar of working days ends with 2026: once the notice for 2027 is out, install the "
        "newer chinesecalendar and deploy again"
    )
    assert told(tmp_path, now=before)[Level.WARNING] == ""


@pytest.mark.parametrize(
    ("days", "ends"),
    [('"days": "workdays"', True), ('"days": ["sat", "offdays"]', True), ('"days": "sat"', False)],
)
def test_of_a_timer_that_asks_for_working_days_it_is_a_warning_too(
    days: str,
    ends: bool,  # noqa: FBT001  # a parameter of the table
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = China(frozenset(), frozenset(), 2010, 2026)
    monkeypatch.setattr("shared.domain.calendar.installed", lambda: known)
    path = tmp_path / "s.yaml"
    path.write_text(TEXT.replace('"days": "workdays"', days), encoding="utf-8")

    (told_once,) = [
        one
        for section in check_file(path, NOW, {})
        for one in section.findings
        if one.text.startswith("the calendar of working days ends with 2026")
    ]

    whose = told_once.details[0].removeprefix("in ").split(", ")
    assert ("curfew-stop" in whose, "curfew-start" in whose) == (ends, ends)
    assert {"curfew-apply-schedule", "curfew-describe"} <= set(whose)


@pytest.mark.parametrize(
    ("cron", "level", "said"),
    [
        (QUARTER, Level.NOTE, ""),
        ("0 0 * * * *", Level.NOTE, "timer quarter: instances start and stop up to 1 h late"),
        ("0 0 8,20 * * *", Level.WARNING, "timer quarter: up to 12 h pass between two runs"),
    ],
    ids=["quarter", "hour", "half-day"],
)
def test_a_timer_that_comes_seldom_is_told(
    cron: str, level: Level, said: str, tmp_path: Path
) -> None:
    found = told(tmp_path, QUARTER, cron)

    assert said in found[level]
    assert bool(said) is ("late" in found[Level.NOTE] or "pass" in found[Level.WARNING])
