"""What holds in every scenario, judged from what ECS got and is, not from what Curfew says.

Here is when the invariants are asked; what they are: of each write in ``invariants_of_writes``, of
each row in ``invariants_of_rows`` and ``invariants_of_reasons``, of a report in
``invariants_of_reports``, of an invocation's end in ``invariants_of_ends``. What they know is in
``watch``, what was promised in ``contract``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from local.ecs.clock import ManualClock
from local.ecs.engine import Ecs
from local.ecs.gateway.gateway import Answer
from tests.simulation.contract import Order
from tests.simulation.ending import ending_of
from tests.simulation.invariants_of_ends import check_end
from tests.simulation.invariants_of_writes import check_write
from tests.simulation.scenario import Scenario
from tests.simulation.watch import LOOK_LASTS, InvariantBroken, Invocation, Watch, Write

__all__ = ["InvariantBroken", "Invariants"]

SERVER_ERROR = 500


class Invariants:
    """Watches one scenario.

    Attributes:
        last: The invocation that ended last.
    """

    last: Invocation

    def __init__(self, scenario: Scenario, engine: Ecs, clock: ManualClock) -> None:
        self.watch = Watch(scenario, engine, clock)
        self.max_calls = 400 + 120 * max(1, len(scenario.fleet) * len(scenario.messages))

    def begin(self, killed_at: datetime, orders: tuple[Order, ...]) -> Invocation:
        """An invocation starts."""
        return self.watch.begin(killed_at, orders)

    def changed(self, *ids: str) -> None:
        """Somebody else has changed these instances."""
        self.watch.changed(ids)

    def called(self) -> None:
        """A call is made."""
        invocation = self.watch.running[-1]
        invocation.calls += 1
        if invocation.calls > self.max_calls:
            raise InvariantBroken(f"more than {self.max_calls} calls in one invocation")

    def sent(self, operation: str, parameters: Mapping[str, str], left_at: datetime) -> Write:
        """A call that changes something, which left then, is about to reach ECS."""
        invocation = self.watch.running[-1]
        ids = tuple(self._instances_in(parameters, left_at))
        write = Write(operation, parameters, ids, left_at)
        invocation.touched |= set(ids)
        check_write(self.watch, invocation, write)
        invocation.writes.append(write)
        return write

    def answered(self, write: Write, answer: Answer, *, arrived: bool) -> None:
        """ECS, or something on the way, has answered a write; or nothing readable arrived."""
        everybody = set(write.ids)
        if write.operation == "ModifyInstanceAutoReleaseTime":
            self.watch.set_at |= dict.fromkeys(everybody, self.watch.clock.now())
        if not arrived or answer.status >= SERVER_ERROR:
            write.doubtful |= everybody
        elif answer.code:
            # ECS does not document that it leaves the whole of a batch that it refuses.
            write.doubtful |= everybody if len(everybody) > 1 else set()
        elif "InstanceResponses" in answer.body:
            self._member_by_member(write, answer)
        else:
            write.accepted |= everybody
            write.snapshot_id = str(answer.body.get("SnapshotId", ""))

    def heard(self, operation: str, parameters: Mapping[str, str], answer: Answer) -> None:
        """An answer has arrived as ECS gave it."""
        invocation = self.watch.running[-1]
        if answer.code:
            invocation.codes.add(answer.code)
        elif operation == "DescribeInstances":
            self.watch.shown(parameters, answer.body["Instances"]["Instance"])

    def end(self, invocation: Invocation, outcome: dict[str, Any] | Exception) -> None:
        """An invocation ended by itself."""
        self.last = invocation
        check_end(self.watch, invocation, ending_of(outcome))
        self.watch.running.remove(invocation)

    def killed(self) -> None:
        """The process died: all that was running is gone."""
        self.watch.running.clear()

    def _member_by_member(self, write: Write, answer: Answer) -> None:
        said = {
            row["InstanceId"]: row for row in answer.body["InstanceResponses"]["InstanceResponse"]
        }
        for instance_id in write.ids:
            row = said.get(instance_id)
            if row is None:
                write.doubtful.add(instance_id)
            elif str(row["Code"]) == "200":
                write.accepted.add(instance_id)
                write.current[instance_id] = row["CurrentStatus"]
            else:
                self.watch.running[-1].codes.add(str(row["Code"]))

    def _instances_in(self, parameters: Mapping[str, str], left_at: datetime) -> Iterable[str]:
        ids = [value for key, value in parameters.items() if key.startswith("InstanceId")]
        disk_id = parameters.get("DiskId", "")
        disk = self.watch.disks.get(disk_id)
        if disk is None:
            return ids
        moved_at = self.watch.moved_at.get(disk_id)
        just_moved = moved_at is not None and moved_at >= left_at - LOOK_LASTS
        # A disk that came to another instance a moment ago was seen at the one of before.
        return [*ids, parameters.get("Tag.1.Value", "") if just_moved else disk.instance_id]
