"""Instances with schedules, and applying these."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timezone
from typing import Any

from local.ecs.account.model import Status
from local.ecs.clock import ManualClock
from local.ecs.fleet.fleet import InstanceSpec
from tests.harness.reports import table
from tests.harness.stage import Stage
from tests.unit.domain.schedules import local

OFFICE = "workdays 08:30-20:00"
TAGGED = {"curfew:schedule": OFFICE}
ALL = {"tags": {"curfew:schedule": "*"}}
EVENING, MORNING = "2026-11-26 20:02", "2026-11-26 08:32"
"""A Thursday's, before a working Friday."""


def machine(name: str = "dev-1", started: str = "2026-11-26 08:33", **fields: Any) -> InstanceSpec:  # noqa: ANN401  # any field of a spec
    spec = {"tags": TAGGED, "started_at": local(started).astimezone(timezone.utc), **fields}
    return InstanceSpec(name, **spec)


def off(name: str = "dev-1", started: str = "2026-11-25 08:33", **fields: Any) -> InstanceSpec:  # noqa: ANN401  # as above
    return machine(name, started, status=Status.STOPPED, **fields)


def at(text: str, *instances: InstanceSpec, **environ: str) -> Stage:
    """These instances, at a time in China."""
    stage = Stage(instances, clock=ManualClock(local(text)))
    stage.environ |= environ
    return stage


def apply(stage: Stage, request: Mapping[str, object] = ALL) -> dict[str, tuple[str, str]]:
    return table(stage.ask("apply_schedule", request, "timer"))
