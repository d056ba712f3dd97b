"""One link used twice at once, or while somebody else sets or clears the release time.

ECS writes whatever time it is told, whatever stands there: what can be done is to look right before
and again after.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pytest

from local.ecs.clock import MANUAL_START
from shared.base.errors import Unavailable
from tests.functions.test_extend_lease import RELEASE, Desk
from tests.harness.invocation import make_context

DAY = timedelta(days=1)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def before_look(desk: Desk, number: int, then: Callable[[], object]) -> None:
    """Do something right before a POST looks for the first, second, ... time."""
    looks: list[str] = []

    def before(operation: str, _: Mapping[str, str]) -> None:
        if operation == "DescribeInstances":
            looks.append(operation)
            if len(looks) == number:
                then()

    desk.stage.transport.before = before


def once_written(desk: Desk, then: Callable[[], object]) -> None:
    """Do something once after the first write."""

    def after(operation: str, _: Mapping[str, str]) -> None:
        if operation.startswith("Modify"):
            desk.stage.transport.after = lambda *_: None
            then()

    desk.stage.transport.after = after


@pytest.mark.promise("S54")
@pytest.mark.parametrize("days", [1, 3])
def test_whoever_looked_before_another_wrote_looks_again_and_moves_nothing(
    desk: Desk, days: int
) -> None:
    before_look(desk, 2, lambda: desk.ask("POST", body="days=3"))

    answer = desk.ask("POST", body=f"days={days}")

    assert desk.instance.auto_release_at == RELEASE + 3 * DAY
    assert len(desk.stage.writes()) == 1
    assert answer["statusCode"] == 409


@pytest.mark.promise("S54")
@pytest.mark.parametrize("to", [None, RELEASE + 9 * DAY, RELEASE - timedelta(hours=2)])
def test_a_time_that_is_cleared_or_set_after_the_first_look_stands(
    desk: Desk, to: datetime | None
) -> None:
    before_look(desk, 2, lambda: desk.move(to))

    answer = desk.ask("POST", body="days=1")

    assert answer["statusCode"] == 409
    assert desk.instance.auto_release_at == to
    assert len(desk.stage.writes()) == 1  # somebody's


@pytest.mark.promise("S54")
def test_of_two_that_write_at_once_the_later_time_stays(desk: Desk) -> None:
    once_written(desk, lambda: desk.move(RELEASE + DAY))

    answer = desk.ask("POST", body="days=3")

    assert answer["statusCode"] == 200
    assert "Thu 2026-11-26 23:00" in answer["body"]
    assert desk.instance.auto_release_at == RELEASE + 3 * DAY


@pytest.mark.promise("S54")
def test_the_one_with_fewer_days_leaves_the_later_time(desk: Desk) -> None:
    once_written(desk, lambda: desk.move(RELEASE + 3 * DAY))

    desk.ask("POST", body="days=1")

    assert desk.instance.auto_release_at == RELEASE + 3 * DAY
    assert len(desk.stage.writes()) == 2  # one of each


@pytest.mark.promise("S54")
@pytest.mark.parametrize("to", [None, RELEASE - timedelta(hours=1), RELEASE + 2 * DAY])
def test_what_somebody_chose_after_the_write_is_not_undone(desk: Desk, to: datetime | None) -> None:
    once_written(desk, lambda: desk.move(to))

    assert desk.ask("POST", body="days=3")["statusCode"] == 409
    assert desk.instance.auto_release_at == to


@pytest.mark.promise("S54")
@pytest.mark.parametrize(
    "to",
    [
        pytest.param(None, id="cleared"),
        pytest.param(RELEASE, id="set-back"),
        pytest.param(RELEASE - timedelta(hours=1), id="earlier"),
        pytest.param(RELEASE + 2 * DAY, id="later"),
    ],
)
def test_what_somebody_chose_after_it_was_kept_is_said_and_not_undone(
    desk: Desk, to: datetime | None
) -> None:
    before_look(desk, 4, lambda: desk.move(to))

    answer = desk.ask("POST", body="days=3")

    assert answer["statusCode"] == 409
    assert "<dd>ci-1" in answer["body"]
    assert desk.instance.auto_release_at == to
    assert len(desk.stage.writes()) == 2  # one of each


@pytest.mark.promise("S54")
@pytest.mark.parametrize("minutes", [0, 90], ids=["whole-days", "until-the-furthest"])
def test_fewer_days_that_came_after_it_was_kept_are_overwritten(desk: Desk, minutes: int) -> None:
    furthest = timedelta(days=2, minutes=minutes) + (RELEASE - MANUAL_START)
    desk.stage.environ["CURFEW_MAX_EXTENSION"] = f"{furthest // timedelta(minutes=1)}m"
    before_look(desk, 4, lambda: desk.move(RELEASE + DAY))

    answer = desk.ask("POST", body="days=3")

    assert (answer["statusCode"], ">Kept<" in answer["body"]) == (200, True)
    assert desk.instance.auto_release_at == MANUAL_START + furthest
    assert len(desk.stage.writes()) == 3


def test_a_minute_that_turns_before_the_second_look_takes_nothing_back(desk: Desk) -> None:
    desk.stage.environ["CURFEW_MAX_EXTENSION"] = "2d"
    desk.stage.clock.sleep(59)

    answer = desk.ask("POST", body="days=3")

    assert (answer["statusCode"], ">Kept<" in answer["body"]) == (200, True)
    assert desk.instance.auto_release_at == MANUAL_START + 2 * DAY


@pytest.mark.parametrize(("took_s", "looks"), [(0, 4), (9.9, 4), (10, 3)])
def test_it_looks_a_second_time_if_ten_seconds_have_not_gone_by(
    desk: Desk, took_s: float, looks: int
) -> None:
    once_written(desk, lambda: desk.stage.clock.sleep(took_s))

    assert desk.ask("POST", body="days=1")["statusCode"] == 200
    seen = [one.action for one in desk.stage.gateway.log.entries()]
    assert seen.count("DescribeInstances") == looks


def test_all_that_it_does_is_logged_under_its_request(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    before_look(desk, 4, lambda: desk.move(RELEASE + DAY))
    context = make_context("3.12", timeout_s=30)

    desk.ask("POST", body="days=3", context=context)

    rows = [json.loads(one.getMessage()) for one in caplog.records if one.name == "curfew"]
    assert [one["result"] for one in rows if one["log"] == "instance"] == [
        "changed",
        "skipped",
        "changed",
    ]
    assert {one.get("request_id", "") for one in rows} == {context.request_id}


def test_what_is_seen_only_by_the_second_look_was_kept(desk: Desk) -> None:
    def fail(operation: str, _: Mapping[str, str]) -> None:
        if operation == "DescribeInstances":
            desk.stage.transport.before = lambda *_: None
            raise Unavailable("not now")

    once_written(desk, lambda: setattr(desk.stage.transport, "before", fail))

    answer = desk.ask("POST", body="days=1")

    assert (answer["statusCode"], ">Kept<" in answer["body"]) == (200, True)
    assert desk.instance.auto_release_at == RELEASE + DAY


def test_what_cannot_be_looked_at_again_was_kept_all_the_same(desk: Desk) -> None:
    def refuse() -> None:
        raise Unavailable("no more")

    once_written(desk, lambda: before_look(desk, 2, refuse))

    answer = desk.ask("POST", body="days=1")

    assert answer["statusCode"] == 200
    assert desk.instance.auto_release_at == RELEASE + DAY


@pytest.mark.parametrize(("takes_s", "status"), [(2, 200), (4, 503)])
def test_what_is_older_than_three_seconds_is_not_acted_upon(
    desk: Desk, takes_s: int, status: int
) -> None:
    desk.stage.transport.before = lambda operation, _: (
        desk.stage.clock.sleep(takes_s) if operation.startswith("Describe") else None
    )

    assert desk.ask("POST", body="days=1")["statusCode"] == status
    assert len(desk.stage.writes()) == (status == 200)


class Broken:
    """A context that raises for whatever is asked of it."""

    def __getattr__(self, name: str) -> str:
        raise RuntimeError(name)


class Closed(logging.Handler):
    """A log that cannot be written."""

    def handle(self, record: logging.LogRecord) -> bool:
        """Nothing is."""
        raise OSError(record.name)


@pytest.mark.promise("S54")
def test_an_error_that_cannot_be_logged_is_answered_all_the_same(desk: Desk) -> None:
    desk.stage.environ["CURFEW_TZ"] = "No/Where"
    assert desk.ask(context=Broken())["statusCode"] == 503
    log, closed = logging.getLogger("curfew"), Closed()
    log.addHandler(closed)
    try:
        assert desk.ask("POST", body="days=1")["statusCode"] == 503
    finally:
        log.removeHandler(closed)
