"""CI runners of a day ago, released over the emulator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from local.ecs.account.model import SnapshotStatus
from local.ecs.clock import MANUAL_START
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from tests.harness.call import Call

OLD = MANUAL_START - timedelta(days=1)
KEPT = DiskSpec(delete_with_instance=False)


def runner(instance_id: str, **fields: Any) -> InstanceSpec:  # noqa: ANN401  # any field of a spec
    spec = {"created_at": OLD, "tags": {"team": "ci"}, **fields}
    return InstanceSpec(f"name of {instance_id}", instance_id=instance_id, **spec)


def snapshots(call: Call, status: SnapshotStatus | None = None) -> dict[str, int]:
    """How many snapshots each disk has."""
    found: dict[str, int] = {}
    for one in call.ecs.engine.snapshots():
        if status in {None, one.status}:
            found[one.disk_id] = found.get(one.disk_id, 0) + 1
    return found
