"""Calls that change something, over a transport that answers by a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from local.ecs.clock import ManualClock
from shared.base.clock import Deadline
from shared.domain.instance import Disk, Instance, Status
from shared.domain.steps import (
    Call,
)
from shared.ecs.changes import perform
from shared.ecs.client import Client

START = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
LATER = START + timedelta(minutes=1)
AT = datetime(2026, 11, 25, 4, 30, 59, tzinfo=timezone.utc)
DISKS = (Disk("d-1", "cloud_essd", True), Disk("d-2", "cloud_essd", False))  # noqa: FBT003  # a row


class Script:
    """Answers as told, in turn."""

    def __init__(self, says: Sequence[Mapping[str, Any] | Exception]) -> None:
        self.says = list(says)
        self.sent: list[tuple[str, Mapping[str, str]]] = []

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        assert timeout_s > 0
        self.sent.append((operation, parameters))
        said = self.says.pop(0)
        if isinstance(said, Exception):
            raise said
        return said


def make(*says: Mapping[str, Any] | Exception) -> tuple[Client, Script]:
    script = Script(says)
    deadline = Deadline.after(START, timedelta(minutes=10))
    return Client("cn-hangzhou", script, ManualClock(START), deadline), script


def instance(instance_id: str, status: Status = Status.RUNNING) -> Instance:
    return Instance(instance_id, "cn-hangzhou", START, status, disks=DISKS)


ONE = [instance("i-1")]
TWO = [instance("i-2"), instance("i-1")]


def sent(call: Call, instances: Sequence[Instance] = ONE) -> tuple[str, Mapping[str, str]]:
    """The one request that a call makes, without its region."""
    api, script = make({})
    perform(api, call, instances, LATER)
    ((operation, parameters),) = script.sent
    assert parameters["RegionId"] == "cn-hangzhou"
    return operation, {key: value for key, value in parameters.items() if key != "RegionId"}
