"""Bugs in what narrows a selection: exceptions, ages, tags that must not be there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

import shared.domain.narrowing
import shared.run
from local.ecs.gateway.faults import DroppedTags
from shared.converge.target import Target
from shared.domain.instance import Instance
from shared.domain.narrowing import Narrowing
from shared.domain.plan import Judge
from shared.request.request import Request
from shared.run_guards import check_age
from tests.simulation import planted
from tests.simulation.planted import Planted
from tests.simulation.scenario import Scenario


def _an_exception_forgotten_after_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Target.decide

    def careless(self: Any, judge: Judge, now: datetime) -> None:  # noqa: ANN401  # passed on
        honest(self, msgspec.structs.replace(judge, narrowing=Narrowing()), now)

    monkeypatch.setattr(Target, "decide", careless)


def _an_age_counted_from_now(monkeypatch: pytest.MonkeyPatch) -> None:
    narrowing = Request.narrowing
    delivered: list[datetime] = []

    def noting(when: Any) -> None:  # noqa: ANN401  # passed on
        delivered[:] = [when.now]
        check_age(when)

    monkeypatch.setattr(shared.run, "check_age", noting)
    monkeypatch.setattr(Request, "narrowing", lambda self, _: narrowing(self, delivered[0]))


def _an_absence_believed_from_one_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Narrowing, "rests_on_absence", lambda *_: False)


def _an_excepted_tag_believed_from_one_api(monkeypatch: pytest.MonkeyPatch) -> None:
    def only_bare(self: Narrowing, instance: Instance) -> bool:
        return bool(self.without_tags or (self.kept.tags and not instance.tags))

    monkeypatch.setattr(Narrowing, "rests_on_absence", only_bare)


def _keys_compared_letter_by_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.domain.narrowing, "plain_key", lambda key: key)


def _narrowed(given: Scenario, by: Mapping[str, object]) -> Scenario | None:
    """The scenario with requests that are narrowed so."""
    if not planted.any_that_writes(given):
        return None
    messages = tuple(replace(one, request={**one.request, **by}) for one in given.messages)
    return replace(given, messages=messages)


def of_exceptions(given: Scenario) -> Scenario | None:
    """Busy people make instances such as are excepted."""
    busy = planted.among_people(given)
    return _narrowed(busy, {"except": {"tags": {"team": ["prod"]}}}) if busy else None


def of_owners(given: Scenario) -> Scenario | None:
    """Whoever has an owner is not meant, however people spell that."""
    return _narrowed(given, {"without_tags": ["owner"]})


def of_lost_exceptions(given: Scenario) -> Scenario | None:
    """Whoever has a stage is excepted, and DescribeInstances shows everything but that."""
    narrowed = _narrowed(given, {"except": {"tags": {"stage": "*"}}})
    if narrowed is None or any("stage" in one.request.get("tags", {}) for one in given.messages):  # type: ignore[operator]  # a dict
        return None
    return replace(narrowed, faults=(DroppedTags(action="DescribeInstances", key="stage"),))


def of_late_ages(given: Scenario) -> Scenario | None:
    """An event of two hours ago asks for an age that some have reached by now only."""
    narrowed = _narrowed(given, {"older_than": "2h"})
    return replace(narrowed, late=timedelta(hours=2)) if narrowed else None


def of_lost_absences(given: Scenario) -> Scenario | None:
    """Nobody lacks the tag, and DescribeInstances shows no tags at all."""
    narrowed = _narrowed(given, {"without_tags": ["team"]})
    if narrowed is None or any("tags" in one.request for one in narrowed.messages):
        return None
    return replace(narrowed, faults=(DroppedTags(action="DescribeInstances"),), interference=0.0)


NARROWING = (
    Planted(_an_exception_forgotten_after_the_plan, of_exceptions, "no longer selected"),
    Planted(_keys_compared_letter_by_letter, of_owners, "touches what was not selected"),
    Planted(_an_age_counted_from_now, of_late_ages, "touches what was not selected"),
    Planted(
        _an_excepted_tag_believed_from_one_api,
        of_lost_exceptions,
        "touches what was not selected",
    ),
    Planted(_an_absence_believed_from_one_api, of_lost_absences, "touches what was not selected"),
)
