"""Bugs in the days of a request: who works on a day of rest, or rests in silence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

import shared.domain.calendar
import shared.run
from shared.base.times import CHINA
from shared.domain.guards import Harm
from shared.run_days import EventDay, day_of
from shared.settings.settings import Settings
from tests.simulation import planted
from tests.simulation.planted import Planted
from tests.simulation.scenario import Scenario


def _work_on_a_day_of_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.run, "day_of", lambda *_: EventDay())


def _a_rest_that_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_day(monkeypatch, lambda *given: EventDay(day_of(*given).is_meant))


def _a_rest_that_is_told_of_every_day(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*given: Any) -> EventDay:  # noqa: ANN401  # passed on
        said = f"nothing was done: {given[1].at.astimezone(CHINA).date()} is a holiday"
        return msgspec.structs.replace(day_of(*given), warnings=(said,))

    _with_day(monkeypatch, told)


def _the_day_of_the_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(request: Any, when: Any, harm: Harm) -> EventDay:  # noqa: ANN401  # passed on
        return day_of(request, msgspec.structs.replace(when, at=when.now), harm)

    _with_day(monkeypatch, late)


def _the_day_in_china(monkeypatch: pytest.MonkeyPatch) -> None:
    def at_home(request: Any, when: Any, harm: Harm) -> EventDay:  # noqa: ANN401  # passed on
        settings = msgspec.structs.replace(when.settings, zone=CHINA)
        return day_of(request, msgspec.structs.replace(when, settings=settings), harm)

    _with_day(monkeypatch, at_home)


def _holidays_of_its_own_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = shared.domain.calendar.calendar_of

    def forgetful(settings: Settings) -> Any:  # noqa: ANN401  # passed on
        return honest(msgspec.structs.replace(settings, holidays="", workdays=""))

    monkeypatch.setattr(shared.domain.calendar, "calendar_of", forgetful)


def _with_day(monkeypatch: pytest.MonkeyPatch, day: Callable[..., EventDay]) -> None:
    monkeypatch.setattr(shared.run, "day_of", day)


def of_days(given: Scenario) -> bool:
    """Something is to be done on some days alone."""
    return planted.any_that_writes(given) and any(one.days for one in given.messages)


def of_midnight(given: Scenario) -> Scenario | None:
    """An event from before midnight where the operator is, delivered after it."""
    if not of_days(given) or given.is_of_now:
        return None
    hours = replace(given.operator.hours, zone="Pacific/Fiji")
    return replace(
        given, operator=replace(given.operator, hours=hours), late=timedelta(minutes=2), faults=()
    )


_WORKS = "for a message that rests"
DAYS = (
    Planted(_work_on_a_day_of_rest, planted.only(of_days), _WORKS),
    Planted(_a_rest_that_is_not_told, planted.only(of_days), "it rests: True, warnings"),
    Planted(_a_rest_that_is_told_of_every_day, planted.only(of_days), "it rests: False, warnings"),
    Planted(_the_day_of_the_delivery, of_midnight, _WORKS),
    Planted(_the_day_in_china, planted.only(of_days), _WORKS),
    Planted(_holidays_of_its_own_forgotten, planted.only(of_days), _WORKS),
)
