"""What people and other tools do to a fleet in the middle of a run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random

from local.ecs.account.model import Disk, DiskKind, Instance, LockReason
from local.ecs.clock import ManualClock
from local.ecs.engine import Ecs
from local.ecs.errors import EcsError
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.ram.caller import Caller
from tests.simulation.fleets import KEPT_UNTIL, MISSPELT, PROTECT, SCHEDULE_KEYS, spelt

CALLER = Caller("1234567890123456")


class People:
    """Somebody who changes something now and then."""

    def __init__(
        self,
        seed: int,
        function: str,
        engine: Ecs,
        clock: ManualClock,
        schedules: Sequence[str] = (),
    ) -> None:
        self.dice = Random(f"{seed} people")  # noqa: S311  # a scenario, not a secret
        self.function = function
        self.engine = engine
        self.clock = clock
        self.schedules = schedules
        self._away: list[tuple[str, str]] = []
        self._also: list[str] = []

    def act(self, say: Callable[[str], None], busy: Collection[str]) -> tuple[str, ...]:
        """Do one thing to one instance; gives the ids of all that it changes.

        Args:
            say: Told of it.
            busy: Instances that a run is at work on, which are the more interesting ones.
        """
        instances = self.engine.instances()
        if busy and self.dice.random() < 0.6:
            instances = tuple(one for one in instances if one.instance_id in busy) or instances
        if not instances:
            return ()
        one = self.dice.choice(instances)
        name, write = self.dice.choice(self._writes)
        say(f"    somebody: {name} {one.instance_id}")
        self._also = []
        write(self, one)
        return (one.instance_id, *self._also)

    def _tag(self, one: Instance, key: str, value: str) -> None:
        self.engine.tag(one.instance_id, {key: value})

    def start(self, one: Instance) -> None:
        """Start it by hand."""
        self.engine.start(one.instance_id)

    def stop(self, one: Instance) -> None:
        """Stop it by hand."""
        self.engine.stop(one.instance_id)

    def protect(self, one: Instance) -> None:
        """Protect it, in one of the ways in which people write that."""
        self._tag(one, self.dice.choice(PROTECT), "now")

    def unprotect(self, one: Instance) -> None:
        """Take every protection by a tag away."""
        keys = [key for key in one.tags if key not in {"team", "stage", "owner", "env"}]
        self.engine.untag(one.instance_id, *keys)

    def keep(self, one: Instance) -> None:
        """Keep it as it is for a while."""
        key = self.dice.choice(("curfew:keep-until", "curfew:keep-off-until"))
        self._tag(one, key, self.dice.choice(KEPT_UNTIL))

    def reschedule(self, one: Instance) -> None:
        """Give it another schedule, where schedules matter; else tag nothing."""
        if self.function == "apply_schedule":
            self._tag(one, self.dice.choice(SCHEDULE_KEYS), self.dice.choice(self.schedules))

    def misspell(self, one: Instance) -> None:
        """Mean to protect it."""
        self._tag(one, *self.dice.choice(MISSPELT))

    def spell(self, one: Instance) -> None:
        """Give it an owner, or another tag that keeps instances, in one of the usual spellings."""
        self._tag(one, *spelt(self.dice))

    def retag(self, one: Instance) -> None:
        """Give it to another team, or to one that the scenario asks about."""
        self._tag(one, "team", self.dice.choice(("dev", "ops", "prod", "prod")))

    def untag(self, one: Instance) -> None:
        """Take a tag away that says whose it is."""
        self.engine.untag(one.instance_id, self.dice.choice(("team", "owner", "env")))

    def rename(self, one: Instance) -> None:
        """Give it another name."""
        name = f"{self.dice.choice(('ci', 'db'))}-{one.name.rpartition('-')[2]}"
        self.engine.put(replace(one, name=name))

    def release(self, one: Instance) -> None:
        """Release it by hand."""
        self.engine.release(one.instance_id)

    def save(self, one: Instance) -> None:
        """Switch its deletion protection on."""
        self.engine.protect(one.instance_id)

    def lock(self, one: Instance) -> None:
        """Lock it; but for a start, which no guard keeps from what ECS refuses."""
        if self.function != "start":
            self.engine.lock(one.instance_id, LockReason.SECURITY)

    def set_a_time(self, one: Instance) -> None:
        """Have ECS release it some day."""
        at = f"{self.clock.now() + timedelta(hours=self.dice.randint(1, 40)):%Y-%m-%dT%H:%M:00Z}"
        with suppress(EcsError):  # a subscription has none
            self.engine.call(
                "ModifyInstanceAutoReleaseTime",
                {"InstanceId": one.instance_id, "AutoReleaseTime": at},
                CALLER,
            )

    def duplicate(self, one: Instance) -> None:
        """Make another instance just like it, which no plan of before knows."""
        made = self.engine.add(InstanceSpec(one.name, one.region, tags=one.tags))
        self._also.append(made.instance_id)

    def _movable(self, one: Instance) -> list[Disk]:
        """Its cloud disks; those that are local to its host cannot be detached."""
        disks = self.engine.disks(one.instance_id)
        return [] if one.deleting else [each for each in disks if "cloud" in each.category]

    def borrow_a_disk(self, one: Instance) -> None:
        """Attach a disk of it elsewhere for a moment, write to it, and attach it again."""
        disks = self._movable(one)
        if disks:
            disk = self.dice.choice(disks)
            self.engine.detach_disk(disk.disk_id)
            self.engine.attach_disk(disk.disk_id, one.instance_id)

    def take_a_disk(self, one: Instance) -> None:
        """Detach a data disk."""
        for disk in self._movable(one):
            if disk.kind is DiskKind.DATA:
                self.engine.detach_disk(disk.disk_id)
                self._away.append((disk.disk_id, one.instance_id))
                return

    def bring_a_disk(self, one: Instance) -> None:
        """Attach the disk that was away the longest: to this instance, or where it was before."""
        if not self._away:
            return
        disk_id, owner = self._away.pop(0)
        target = self.dice.choice((owner, one.instance_id))
        with suppress(KeyError, ValueError):  # gone, or in another zone
            self.engine.attach_disk(disk_id, target)
            self._also.append(target)

    _writes: tuple[tuple[str, Callable[[People, Instance], None]], ...] = (
        ("start", start),
        ("stop", stop),
        ("protect", protect),
        ("unprotect", unprotect),
        ("keep", keep),
        ("misspell", misspell),
        ("reschedule", reschedule),
        ("retag", retag),
        ("retag", retag),
        ("spell", spell),
        ("untag", untag),
        ("rename", rename),
        ("release", release),
        ("save", save),
        ("lock", lock),
        ("set a time", set_a_time),
        ("duplicate", duplicate),
        ("borrow a disk", borrow_a_disk),
        ("borrow a disk", borrow_a_disk),
        ("take a disk", take_a_disk),
        ("bring a disk", bring_a_disk),
    )
