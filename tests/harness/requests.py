"""The ways in which a request says which instances it means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import pytest
from _pytest.mark import ParameterSet

from local.fc.trigger_events import Request
from tests.harness.stage import Stage


def by_every_way(rows: Iterable[tuple[str, ...]]) -> list[ParameterSet]:
    """Each row, which ends with a trigger, by every way of selecting, for a table.

    Every trigger is there with ids and every way with the bare event; what has neither is slow, so
    that ``make test-all`` alone goes over the whole product.
    """
    return [
        pytest.param(
            *row, way, marks=[pytest.mark.slow] if row[-1] != "direct" and way != "ids" else []
        )
        for row in rows
        for way in WAYS
    ]


def request_for(way: str, names: Mapping[str, str]) -> Request:
    """A request's selection of all instances of a stage, in one of the five ways.

    Args:
        way: a key of `WAYS`.
        names: by name, the ids of the instances meant.
    """
    return WAYS[way](names)


WAYS: Mapping[str, Callable[[Mapping[str, str]], Request]] = {
    "ids": lambda names: {"instance_ids": list(names.values())},
    "tags": lambda _: {"tags": {"team": "dev"}},
    "name": lambda _: {"name": "dev-*"},
    "tags+name": lambda _: {"tags": {"team": ["dev", "ops"]}, "name": "dev-*"},
    "all": lambda _: {"all": True, "max_instances": 100},
}
"""Every way of selecting; each selects all instances of team dev that are called dev-…"""


def selected(stage: Stage, way: str) -> Request:
    """All instances of the stage, in one of the five ways."""
    return request_for(way, {one.name: one.instance_id for one in stage.engine.instances()})
