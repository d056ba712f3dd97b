"""Runs that the fuzzers spoil, and what must hold for each of them.

However odd an answer is, a run ends in a report or in one of the five errors; each instance that it
wrote to is told in it; and nothing is written to that is guarded or was not meant.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from local.ecs.account.model import ChargeType, LockReason, Status
from local.ecs.clock import ManualClock
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from local.ecs.gateway.faults import AnyFault, Refuse
from local.ecs.gateway.gateway import Answer
from local.ecs.gateway.request_log import is_mutating
from local.ecs.products import Product
from local.ecs.ram.caller import Caller
from shared.base.errors import CurfewError
from tests.harness.stage import NOW, Stage
from tests.harness.transport import Direct

LONGEST = 32_000
"""Bytes of an error's message."""

_DEV = {"team": "dev"}
_FLEET = (
    InstanceSpec("dev-1", tags=_DEV, data_disks=(DiskSpec(),), instance_id="i-running"),
    InstanceSpec("dev-2", tags=_DEV, status=Status.STOPPED, instance_id="i-stopped"),
    InstanceSpec(
        "dev-3",
        tags=_DEV,
        auto_release_at=NOW + timedelta(hours=9),
        data_disks=(DiskSpec(delete_with_instance=False),),
        instance_id="i-leased",
    ),
    InstanceSpec("dev-4", tags={**_DEV, "curfew:protect": ""}, instance_id="i-protected"),
    InstanceSpec("dev-5", tags={**_DEV, "curfew:keep-until": "2026-12-24"}, instance_id="i-kept"),
    InstanceSpec("dev-6", tags=_DEV, deletion_protection=True, instance_id="i-undeletable"),
    InstanceSpec("dev-7", tags=_DEV, locks=(LockReason.SECURITY,), instance_id="i-locked"),
    InstanceSpec("dev-8", tags=_DEV, charge_type=ChargeType.PRE_PAID, instance_id="i-paid"),
    InstanceSpec("dev-9", instance_id="i-bare"),
    InstanceSpec("prod-1", tags={"team": "prod"}, instance_id="i-other"),
)
NAMED_DEV = frozenset(one.instance_id for one in _FLEET if one.name.startswith("dev-"))
_ALWAYS = {"i-protected", "i-kept", "i-locked"}
_FROM_LOSS = {*_ALWAYS, "i-undeletable", "i-paid"}


@dataclass(frozen=True)
class Case:
    """A request, and who is guarded from it.

    Attributes:
        guarded: Those that it must not write to, whatever ECS answers.
        fault: What else goes wrong, so that answers that are errors are made odd too.
    """

    function: str
    request: Mapping[str, object]
    guarded: frozenset[str] = frozenset()
    fault: AnyFault | None = None


def _cases() -> Iterator[tuple[str, Case]]:
    by_tags = {"tags": _DEV}
    by_name = {"name": "dev-*"}
    by_ids = {"instance_ids": sorted(NAMED_DEV)}
    losing, stopping = frozenset(_FROM_LOSS), frozenset(_ALWAYS)
    yield "describe", Case("describe", {"all": True, "prices": True})
    yield "start", Case("start", by_tags)
    yield "stop", Case("stop", by_tags, stopping)
    yield "stop-by-ids", Case("stop", by_ids, stopping)
    release = {**by_tags, "dry_run": False}
    yield "release", Case("release", release, losing)
    yield "release-without-snapshot", Case("release", {**release, "snapshot": False}, losing)
    closed = {**by_tags, "schedule": "never", "enforced": True}
    yield "schedule", Case("apply_schedule", closed, stopping)
    yield "set", Case("set_auto_release", {**by_tags, "release_after": "3h"}, losing)
    yield "set-by-name", Case("set_auto_release", {**by_name, "release_after": "3h"}, losing)
    yield "clear", Case("clear_auto_release", by_tags)
    for code, status in (
        ("Throttling.User", 400),
        ("Forbidden.RAM", 403),
        ("IncorrectInstanceStatus", 403),
        ("InternalError", 500),
    ):
        for operation in ("DescribeInstances", "StopInstances"):
            fault = Refuse(action=operation, status=status, code=code, times=2)
            yield f"stop-{operation}-{code}", Case("stop", by_tags, stopping, fault)
    fault = Refuse(action="DeleteInstances", status=403, code="InvalidOperation.Odd", times=3)
    yield "release-refused", Case("release", release, losing, fault)


CASES: Mapping[str, Case] = dict(_cases())


class FuzzError(AssertionError):
    """A run that did not end as it must."""


@dataclass
class Run:
    """One run of a case, before and after it.

    Attributes:
        stage: The account.
        written: The instances to which something was really done.
        report: What the function answered.
        error: What it raised instead.
    """

    case: Case
    stage: Stage = field(init=False)
    written: set[str] = field(default_factory=set)
    report: Mapping[str, Any] = field(default_factory=dict)
    error: Exception | None = None

    def __post_init__(self) -> None:
        self.stage = Stage(_FLEET, clock=ManualClock(NOW))
        if self.case.fault:
            self.stage.gateway.faults.add(self.case.fault)
        self._owners = {disk.disk_id: disk.instance_id for disk in self.stage.engine.disks()}
        self._call = self.stage.gateway.call
        self.stage.gateway.call = self._noted  # type: ignore[method-assign]  # what it does is seen

    def play(self, transport: Direct) -> None:
        """Run the function, by this way to ECS; whatever it raises is kept."""
        event = json.dumps(self.case.request).encode()
        try:
            self.report = self.stage.deliver(self.case.function, event, transport)
        except Exception as error:  # noqa: BLE001  # what must not come is told apart below
            self.error = error

    def check(
        self, hidden: frozenset[str] = frozenset(), denied: frozenset[str] = frozenset()
    ) -> str:
        """How it ended: ``report`` or the error's class.

        Args:
            hidden: Those of whose guard ECS itself said that it is not there.
            denied: Those of whom ECS itself said that it did nothing to them.

        Raises:
            FuzzError: not as it must.
        """
        outcome, report = self._ending()
        unmeant = {"i-bare", "i-other"} if "tags" in self.case.request else {"i-other"}
        if outside := self.written & unmeant:
            raise FuzzError(f"wrote to what was not meant: {sorted(outside)}")
        if broken := self.written & self.case.guarded - hidden:
            raise FuzzError(f"wrote to the guarded {sorted(broken)}")
        rows = report.get("instances", ())
        told = {
            row["id"]
            for row in rows
            if row["result"] in {"changed", "failed", "pending"} or "already done" in row["reason"]
        }
        if untold := self.written - told - denied:
            said = [row for row in rows if row["id"] in untold] or "nothing"
            raise FuzzError(f"wrote to {sorted(untold)} and told {said}; {self.error!r}")
        return outcome

    def _ending(self) -> tuple[str, Mapping[str, Any]]:
        """How it ended, and the report that it gave; {} if none."""
        if self.error is None:
            return "report", self.report
        if not isinstance(self.error, CurfewError):
            raise FuzzError(f"untyped {self.error!r}"[:300])
        message = str(self.error)
        if len(message.encode()) > LONGEST or not message.replace("\u3000", " ").isprintable():
            raise FuzzError(f"a message of {len(message)} characters, or with odd ones")
        _, begin, rest = message.partition(' {"action": ')
        return type(self.error).__name__, json.loads(f"{begin}{rest}") if begin else {}

    def _noted(
        self,
        action: str,
        parameters: Mapping[str, str],
        caller: Caller,
        product: Product = Product.ECS,
    ) -> Answer:
        answer = self._call(action, parameters, caller, product)
        if is_mutating(action) and not answer.code:
            self.written.update(self._done_to(parameters, answer.body))
        return answer

    def _done_to(self, parameters: Mapping[str, str], answer: Mapping[str, Any]) -> Iterator[str]:
        """The instances that a write named, without the members of a batch that ECS refused."""
        responses = answer.get("InstanceResponses", {}).get("InstanceResponse", ())
        refused = {one["InstanceId"] for one in responses if str(one["Code"]) != "200"}
        for name, value in parameters.items():
            if name.partition(".")[0] in {"InstanceId", "DiskId"} and value not in refused:
                yield self._owners.get(value, value)
