"""days: on any other day than these nothing is asked of ECS, and the report says so."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta, timezone

import pytest

from local.ecs.clock import ManualClock
from local.fc.trigger_events import ENVELOPES, Request
from shared.base.errors import InvalidEvent, Refused
from shared.domain import calendar
from shared.domain.calendar import China
from tests.harness.actions import FUNCTIONS, stated
from tests.harness.reports import report_in
from tests.harness.stage import FEW, Stage

WITH_DAYS = tuple(one for one in FUNCTIONS if one != "apply_schedule")
LOSING = ("release", "set_auto_release")
OTHERS = tuple(one for one in WITH_DAYS if one not in LOSING)


def stage_at(text: str) -> Stage:
    """The usual account, at this time in UTC."""
    return Stage(FEW, clock=ManualClock(datetime.fromisoformat(text).replace(tzinfo=timezone.utc)))


def asked(function: str, days: object, **fields: object) -> Request:
    return {"name": "dev-*", **stated(function), "days": days, **fields}


MONDAY, SUNDAY = "2026-11-23 10:00", "2026-11-22 10:00"


@pytest.mark.promise("S17")
@pytest.mark.parametrize("trigger", ENVELOPES)
@pytest.mark.parametrize("function", WITH_DAYS)
def test_on_another_day_nothing_is_called_and_a_warning_names_the_day(
    function: str, trigger: str
) -> None:
    stage = stage_at(SUNDAY)

    report = stage.ask(function, asked(function, "mon-fri"), trigger)

    assert stage.gateway.log.entries() == ()
    assert report["warnings"] == ['nothing was done: 2026-11-22 (Sun) is not in "days": mon-fri']
    assert (report["instances"], report["outcome"]) == ([], "complete")
    assert (set(report["counts"].values()), report["api_calls"]) == ({0}, 0)


@pytest.mark.parametrize("function", WITH_DAYS)
def test_a_dry_run_on_another_day_is_planned_and_confirms_nothing(function: str) -> None:
    report = stage_at(SUNDAY).ask(function, asked(function, "mon-fri", dry_run=True))

    assert report["outcome"] == "planned"
    assert "plan_id" not in report


@pytest.mark.parametrize("function", WITH_DAYS)
def test_on_such_a_day_it_is_as_without(function: str) -> None:
    with_days, without = stage_at(MONDAY), stage_at(MONDAY)

    report = with_days.ask(function, asked(function, ["sat", "mon"]))

    del report["ended_at"]
    expected = without.ask(function, {"name": "dev-*", **stated(function)})
    del expected["ended_at"]
    assert report == expected


@pytest.mark.promise("S17")
@pytest.mark.parametrize(
    ("zone", "days", "acts"),
    [
        pytest.param("Asia/Shanghai", "sat", True, id="saturday-in-shanghai"),
        pytest.param("UTC", "sat", False, id="friday-in-utc"),
        pytest.param("America/New_York", "fri", True, id="friday-in-new-york"),
    ],
)
def test_the_day_is_the_events_own_in_the_operators_zone(
    zone: str,
    days: str,
    acts: bool,  # noqa: FBT001  # a column of the table
) -> None:
    stage = stage_at("2026-11-27 16:30")
    stage.environ["CURFEW_TZ"] = zone

    assert bool(stage.ask("stop", asked("stop", days))["instances"]) is acts


@pytest.mark.promise("S17")
def test_an_event_that_is_delivered_the_next_day_is_still_of_its_own() -> None:
    stage = stage_at("2026-11-27 15:00")  # Friday, 23:00 in Shanghai
    event = ENVELOPES["timer"](asked("stop", "fri"), stage.clock.now())
    stage.clock.advance(timedelta(hours=2))

    assert report_in(stage.deliver("stop", event))["counts"]["changed"] == 3


WORKED_SUNDAY, NATIONAL_DAY = "2025-09-28 10:00", "2025-10-01 10:00"


@pytest.mark.parametrize(
    ("at", "environ", "acts"),
    [
        pytest.param(WORKED_SUNDAY, {}, True, id="a-sunday-that-is-worked"),
        pytest.param(NATIONAL_DAY, {}, False, id="a-wednesday-that-is-off"),
        pytest.param(MONDAY, {"CURFEW_HOLIDAYS": "2026-11-23"}, False, id="the-operators-holiday"),
        pytest.param(SUNDAY, {"CURFEW_WORKDAYS": "2026-11-22"}, True, id="the-operators-workday"),
    ],
)
def test_workdays_are_those_of_chinas_calendar_and_the_operators(
    at: str,
    environ: dict[str, str],
    acts: bool,  # noqa: FBT001  # a column of the table
) -> None:
    stage = stage_at(at)
    stage.environ.update(environ)

    assert bool(stage.ask("stop", asked("stop", "workdays"))["instances"]) is acts


def test_a_variable_that_cannot_be_read_is_refused_where_it_is_needed() -> None:
    stage = stage_at(MONDAY)
    stage.environ["CURFEW_HOLIDAYS"] = "christmas"

    with pytest.raises(Refused, match="CURFEW_HOLIDAYS"):
        stage.ask("stop", asked("stop", "workdays"))

    assert stage.gateway.log.entries() == ()


@pytest.fixture
def until_2026(monkeypatch: pytest.MonkeyPatch) -> None:
    """A calendar that ends with 2026."""
    china = China(frozenset(), frozenset(), 2004, 2026)
    monkeypatch.setattr(calendar, "installed", lambda: china)


BEYOND = "2027-01-04 10:00"  # a Monday


@pytest.mark.usefixtures("until_2026")
@pytest.mark.parametrize("days", ["workdays", "offdays", ["sat", "workdays"]], ids=str)
@pytest.mark.parametrize("function", LOSING)
def test_beyond_the_calendar_nothing_is_lost_on_a_guess(function: str, days: object) -> None:
    stage = stage_at(BEYOND)

    with pytest.raises(Refused, match=r"days: nothing is released on a guess, .* ends with 2026"):
        stage.ask(function, asked(function, days))

    assert stage.gateway.log.entries() == ()


@pytest.mark.usefixtures("until_2026")
@pytest.mark.parametrize(("days", "acts"), [("workdays", True), ("offdays", False)])
@pytest.mark.parametrize("function", OTHERS)
def test_beyond_the_calendar_the_others_go_by_the_weekday_and_say_so(
    function: str,
    days: str,
    acts: bool,  # noqa: FBT001  # a column of the table
) -> None:
    report = stage_at(BEYOND).ask(function, asked(function, days))

    assert bool(report["instances"]) is acts
    assert "ends with 2026: 2027-01-04 and later days" in report["warnings"][-1]
    assert len(report["warnings"]) == (1 if acts else 2)


@pytest.mark.usefixtures("until_2026")
@pytest.mark.parametrize(
    ("at", "days", "warned"),
    [
        pytest.param("2026-12-01 10:00", "workdays", True, id="december"),
        pytest.param("2026-11-30 10:00", "workdays", False, id="november"),
        pytest.param("2026-12-01 10:00", "tue", False, id="the-calendar-is-not-asked"),
        pytest.param(BEYOND, "mon workdays", False, id="beyond-but-no-guess-was-needed"),
    ],
)
def test_from_december_on_a_calendar_that_ends_is_told(
    at: str,
    days: str,
    warned: bool,  # noqa: FBT001  # a column of the table
) -> None:
    warnings = stage_at(at).ask("set_auto_release", asked("set_auto_release", days))["warnings"]

    assert [one for one in warnings if "ends with 2026" in one] == warnings
    assert bool(warnings) is warned


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("workday", "word 1, 'workday', is not a day word; write workdays"),
        ("mon freitag", "word 2, 'freitag', is not a day word; write mon to sun"),
        (["mon", "工作日"], "word 2, '工作日', is Chinese; write workdays"),
        ("24 Dec", "word 1, '24', "),
        ("", "no day is named"),
        ([""], "no day is named"),
        (["mon fri"], "word 1, 'mon fri', "),
    ],
)
@pytest.mark.parametrize("function", WITH_DAYS)
def test_a_day_that_cannot_be_read_says_at_which_word_and_nothing_is_done(
    function: str, days: object, said: str
) -> None:
    stage = stage_at(MONDAY)

    with pytest.raises(InvalidEvent) as caught:
        stage.ask(function, asked(function, days))

    assert str(caught.value).startswith(f"days: {said}")
    assert stage.gateway.log.entries() == ()


def test_apply_schedule_has_its_days_in_its_schedules() -> None:
    stage = stage_at(MONDAY)

    with pytest.raises(InvalidEvent, match="days: apply_schedule takes none"):
        stage.ask("apply_schedule", asked("apply_schedule", "mon"))

    assert stage.gateway.log.entries() == ()


def test_a_stale_event_is_refused_on_a_day_off_too() -> None:
    stage = stage_at(SUNDAY)
    event = ENVELOPES["timer"](asked("stop", "mon"), stage.clock.now())
    stage.clock.advance(timedelta(hours=7))

    with pytest.raises(Refused, match="CURFEW_MAX_EVENT_AGE"):
        stage.deliver("stop", event)


def test_the_log_has_the_warning_and_not_that_nothing_matched(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "curfew")

    stage_at(SUNDAY).ask("stop", asked("stop", "mon"))

    lines = [json.loads(one) for one in caplog.messages]
    assert [one["log"] for one in lines] == ["warning", "run"]
    assert lines[0]["message"] == 'nothing was done: 2026-11-22 (Sun) is not in "days": mon'
