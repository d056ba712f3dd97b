"""What the tests of whole runs share."""

from __future__ import annotations

from typing import Any

from local.ecs.clock import MANUAL_START
from local.ecs.fleet.fleet import InstanceSpec

DEV = {"tags": {"team": "dev"}}


def dev(instance_id: str, **fields: Any) -> InstanceSpec:  # noqa: ANN401  # any field of a spec
    spec: dict[str, Any] = {"tags": {"team": "dev"}, "created_at": MANUAL_START, **fields}
    return InstanceSpec(f"name of {instance_id}", instance_id=instance_id, **spec)
