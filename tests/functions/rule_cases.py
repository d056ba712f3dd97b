"""What an instance can be when a rule is asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from itertools import product

from msgspec.structs import replace

from shared.domain.instance import Instance, Status, StoppedMode
from shared.domain.steps import (
    Impossible,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
STARTED = datetime(2026, 11, 24, 9, 0, tzinfo=timezone.utc)
NOT_KNOWN = Impossible("ECS does not know this id", "InvalidInstanceId.NotFound")
BOOLS = (False, True)
CHARGE_TYPES = ("PostPaid", "PrePaid", "")
BASE = Instance("i-1", "cn-hangzhou", NOW, Status.RUNNING, started_at=STARTED)


def instances() -> Iterator[Instance]:
    """Every status, charge type and stopped mode."""
    for status, charge_type, mode in product(Status, CHARGE_TYPES, StoppedMode):
        yield replace(BASE, status=status, charge_type=charge_type, stopped_mode=mode)
