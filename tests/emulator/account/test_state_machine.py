"""Random operations and random waits: what must hold after each of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from local.ecs.account.durations import Durations
from local.ecs.account.model import FOLLOWING, LEGAL_EDGES, Instance, SnapshotStatus, Status
from local.ecs.account.quirks import Quirks
from local.ecs.clock import ManualClock
from local.ecs.engine import Caller, Ecs
from local.ecs.errors import EcsError
from local.ecs.fleet.fleet import DiskSpec, Fleet, InstanceSpec
from tests.harness.desk import REGION

ROOT = Caller()
KEPT = DiskSpec(size_gib=100, delete_with_instance=False)
FLEET = Fleet(
    (
        InstanceSpec("a"),
        InstanceSpec("b", status=Status.STOPPED, data_disks=(KEPT,)),
        InstanceSpec("c", deletion_protection=True, data_disks=(DiskSpec(),)),
        InstanceSpec("d", status=Status.PENDING),
    )
)
FLAGS = st.sampled_from(["true", "false"])
NUMBERS = st.integers(min_value=0, max_value=9)


def reachable(start: Status) -> set[Status]:
    """Statuses that an instance may have come to by itself since it had this one."""
    found = {start}
    while start in FOLLOWING:
        start = FOLLOWING[start]
        found.add(start)
    return found


class Account(RuleBasedStateMachine):
    """An emulated account that is asked for anything at any time."""

    ecs: Ecs
    clock: ManualClock

    @initialize(jitter=st.sampled_from([0.0, 0.5]), atomic=st.booleans())
    def begin(self, jitter: float, *, atomic: bool) -> None:
        self.clock = ManualClock()
        quirks = Quirks(delete_batch_is_atomic=atomic)
        self.ecs = Ecs(FLEET, self.clock, durations=Durations(jitter=jitter), quirks=quirks)
        self.known = {each.instance_id: each for each in self.ecs.instances()}
        self.kept = {each.disk_id for each in self.ecs.disks() if not each.delete_with_instance}
        self.gone: set[str] = set()
        self.asked_to_go: set[str] = set()

    def ask(self, action: str, **parameters: str) -> bool:
        """Ask, and say whether it was done."""
        try:
            self.ecs.call(action, {"RegionId": REGION, **parameters}, ROOT)
        except EcsError:
            return False
        return True

    def any_id(self, number: int) -> str:
        """An id that exists or once did."""
        ids = sorted(self.known)
        return ids[number % len(ids)]

    @rule(
        number=NUMBERS,
        action=st.sampled_from(["StopInstance", "StartInstance", "RebootInstance"]),
        force=FLAGS,
    )
    def power(self, number: int, action: str, force: str) -> None:
        instance_id = self.any_id(number)
        before = self.found(instance_id)
        forced = {} if action == "StartInstance" else {"ForceStop": force}
        done = self.ask(action, InstanceId=instance_id, **forced)
        needed = Status.STOPPED if action == "StartInstance" else Status.RUNNING
        possible = before is not None and before.status is needed and not before.deleting
        assert done == possible

    @rule(number=NUMBERS, force=FLAGS, force_stop=FLAGS)
    def delete(self, number: int, force: str, force_stop: str) -> None:
        instance_id = self.any_id(number)
        before = self.found(instance_id)
        done = self.ask("DeleteInstance", InstanceId=instance_id, Force=force, ForceStop=force_stop)
        if done:
            assert before is not None
            assert not before.deletion_protection
            self.asked_to_go.add(instance_id)

    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=3), force=FLAGS)
    def delete_several(self, numbers: list[int], force: str) -> None:
        ids = {self.any_id(number) for number in numbers}
        before = {each.instance_id for each in self.ecs.instances() if each.deleting}
        parameters = {f"InstanceId.{n}": each for n, each in enumerate(sorted(ids), 1)}
        self.ask("DeleteInstances", Force=force, **parameters)
        now = {each.instance_id for each in self.ecs.instances() if each.deleting}
        assert now - before <= ids
        self.asked_to_go |= now - before

    @rule(number=NUMBERS, on=FLAGS)
    def protect(self, number: int, on: str) -> None:
        self.ask("ModifyInstanceAttribute", InstanceId=self.any_id(number), DeletionProtection=on)

    @rule(number=NUMBERS, minutes=st.integers(min_value=25, max_value=90))
    def set_auto_release(self, number: int, minutes: int) -> None:
        at = self.clock.now() + timedelta(minutes=minutes)
        done = self.ask(
            "ModifyInstanceAutoReleaseTime",
            InstanceId=self.any_id(number),
            AutoReleaseTime=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        assert not (done and minutes < 30)

    @rule(number=NUMBERS)
    def clear_auto_release(self, number: int) -> None:
        self.ask("ModifyInstanceAutoReleaseTime", InstanceId=self.any_id(number))

    @rule(number=NUMBERS)
    def snapshot(self, number: int) -> None:
        disks = self.ecs.disks()
        if disks:
            self.ask("CreateSnapshot", DiskId=disks[number % len(disks)].disk_id)

    @rule()
    def run(self) -> None:
        if len(self.ecs.instances()) < 6:
            self.ask("RunInstances", ImageId="x.vhd", InstanceType="ecs.c7.large")
            self.known |= {each.instance_id: each for each in self.ecs.instances()}

    @rule(seconds=st.sampled_from([0.5, 1, 2, 5, 15, 600, 3600]))
    def wait(self, seconds: float) -> None:
        before = {each.instance_id: each for each in self.ecs.instances()}
        self.clock.advance(timedelta(seconds=seconds))
        now = self.clock.now()
        for instance_id, was in before.items():
            instance = self.found(instance_id)
            if instance is None:
                assert was.deleting or self.was_due(was, now)
            else:
                assert instance.status in reachable(was.status)
                assert not self.was_due(instance, now)

    @invariant()
    def nobody_comes_back_from_gone(self) -> None:
        present = {each.instance_id for each in self.ecs.instances()}
        assert not present & self.gone
        self.gone |= set(self.known) - present

    @invariant()
    def a_status_changes_along_legal_edges(self) -> None:
        for instance in self.ecs.instances():
            was = self.known[instance.instance_id].status
            chain = {was, *reachable(was)}
            asked = {to for start, to in LEGAL_EDGES if start in chain}
            assert instance.status in chain | asked
            assert (instance.moves_at is not None) == (
                instance.status in FOLLOWING or instance.deleting
            )
            self.known[instance.instance_id] = instance

    @invariant()
    def whoever_is_deleted_was_asked_to_go_and_was_not_protected(self) -> None:
        for instance in self.ecs.instances():
            if instance.deleting:
                assert instance.instance_id in self.asked_to_go
                assert not instance.deletion_protection

    @invariant()
    def disks_and_snapshots_are_consistent(self) -> None:
        disks = {each.disk_id: each for each in self.ecs.disks()}
        instances = {each.instance_id: each for each in self.ecs.instances()}
        attached = {each for instance in instances.values() for each in instance.disk_ids}
        for disk_id, disk in disks.items():
            assert (disk.instance_id in instances) == (disk_id in attached)
            assert disk.instance_id in instances or not disk.delete_with_instance
        assert attached | self.kept <= set(disks)
        busy = [
            each.disk_id
            for each in self.ecs.snapshots()
            if each.status is SnapshotStatus.PROGRESSING
        ]
        assert len(busy) == len(set(busy))
        assert set(busy) <= set(disks)

    def found(self, instance_id: str) -> Instance | None:
        return next(
            (each for each in self.ecs.instances() if each.instance_id == instance_id), None
        )

    @staticmethod
    def was_due(instance: Instance, now: datetime) -> bool:
        return instance.auto_release_at is not None and instance.auto_release_at <= now


Account.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, derandomize=True, database=None
)
TestAccount = Account.TestCase
