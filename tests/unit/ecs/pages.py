"""Pages of an inventory, by script and by the emulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from local.ecs.clock import ManualClock
from local.ecs.fleet.fleet import InstanceSpec
from shared.base.clock import Deadline
from shared.domain.selection import ByTagsAndName
from shared.ecs.client import Client
from shared.ecs.inventory import Inventory
from shared.ecs.transport import ErrorResponse
from tests.harness.call import Call
from tests.harness.invocation import one_by_one

START = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
DEV = ByTagsAndName((("team", frozenset({"dev"})),))
DEV_TAGS, OPS_TAGS = ({"Tag": [{"TagKey": "team", "TagValue": team}]} for team in ("dev", "ops"))


def row(instance_id: str, status: str = "Running", **other: object) -> dict[str, object]:
    return {
        "InstanceId": instance_id,
        "Status": status,
        "OperationLocks": {"LockReason": []},
        "DeletionProtection": False,
        **other,
    }


@dataclass(slots=True)
class Pages:
    """Answers of DescribeInstances by the token that they are asked for with."""

    clock: ManualClock
    by_token: Mapping[str, Mapping[str, Any]]
    dry_run: Mapping[str, Any] | Exception = field(
        default_factory=lambda: ErrorResponse(400, "DryRunOperation", "")
    )
    sent: list[Mapping[str, str]] = field(default_factory=list)

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        assert operation in {"DescribeInstances", "ListTagResources"}
        assert timeout_s > 0
        self.sent.append(parameters)
        self.clock.sleep(1)
        if "DryRun" in parameters:
            if isinstance(self.dry_run, Exception):
                raise self.dry_run
            return self.dry_run
        return self.by_token[parameters.get("NextToken", "")]


def page(rows: Sequence[Mapping[str, object]], token: str | None = "") -> dict[str, object]:
    return {"Instances": {"Instance": list(rows)}, "NextToken": token}


def scripted(
    by_token: Mapping[str, Mapping[str, Any]], dry_run: Mapping[str, Any] | Exception | None = None
) -> tuple[Inventory, Pages]:
    clock = ManualClock(START)
    pages = Pages(clock, by_token)
    if dry_run is not None:
        pages.dry_run = dry_run
    api = Client("cn-hangzhou", pages, clock, Deadline.after(START, timedelta(minutes=10)))
    return Inventory(api, one_by_one), pages


def emulated(call: Call) -> Inventory:
    return Inventory(call.api(), one_by_one)


def fleet(count: int, **tags: str) -> list[InstanceSpec]:
    return [
        InstanceSpec(f"web-{number}", instance_id=f"i-{number:04}", tags=tags)
        for number in range(count)
    ]
