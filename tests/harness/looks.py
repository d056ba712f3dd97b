"""What the tests of the loop share: a fleet, and what its log says of looks and writes."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from local.ecs.account.model import Status
from local.ecs.clock import MANUAL_START
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.request_log import Entry
from tests.harness.call import Call

FRESH = timedelta(seconds=30)
DEV = {"tags": {"team": "dev"}}


def fleet(count: int, status: Status = Status.RUNNING) -> list[InstanceSpec]:
    return [
        InstanceSpec(
            f"name of i-{number:04}",
            instance_id=f"i-{number:04}",
            tags={"team": "dev"},
            status=status,
            created_at=MANUAL_START - timedelta(days=1),
        )
        for number in range(count)
    ]


def ids_in(entry: Entry) -> set[str]:
    listed = {value for name, value in entry.parameters.items() if name.startswith("InstanceId.")}
    one = {entry.parameters["InstanceId"]} if "InstanceId" in entry.parameters else set()
    many = set(json.loads(entry.parameters.get("InstanceIds", "[]")))
    return listed | one | many


def oldest_look_at_a_write(call: Call) -> timedelta:
    """How old the latest look at an instance was, at the worst, when it was acted on."""
    seen: dict[str, datetime] = {}
    oldest = timedelta(0)
    for entry in call.ecs.log:
        if entry.action == "DescribeInstances":
            everything = "InstanceIds" not in entry.parameters
            looked = set(call.statuses()) if everything else ids_in(entry)
            seen |= dict.fromkeys(looked, entry.at)
        elif entry.is_mutating:
            oldest = max([oldest, *(entry.at - seen[one] for one in ids_in(entry))])
    return oldest
