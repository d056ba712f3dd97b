"""The emulated ECS itself: a fleet, a clock, and the operations on them.

No HTTP, no signatures, no throttling, no faults: a call takes an operation's name and parameters as
spelt on the wire and returns the response's body, or raises the error that ECS would return. Tests
and demos may also inspect the account directly, and change it as somebody else would: the console,
another script, the platform.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from local.ecs.account import lifecycle
from local.ecs.account.durations import DEFAULT_DURATIONS, Durations
from local.ecs.account.images import Image
from local.ecs.account.model import (
    Disk,
    DiskKind,
    Instance,
    LockReason,
    Snapshot,
    Status,
    StoppedMode,
)
from local.ecs.account.network import SecurityGroup
from local.ecs.account.quirks import DEFAULT_QUIRKS, Quirks
from local.ecs.account.regions import resource_id
from local.ecs.account.state import JsonObject, Saved, Settings, State
from local.ecs.account.system_events import EventStatus, EventType, SystemEvent
from local.ecs.clock import Clock
from local.ecs.errors import Refusal
from local.ecs.fleet.creation import create
from local.ecs.fleet.fleet import MOST_DATA_DISKS, Fleet, InstanceSpec
from local.ecs.operations import OPERATIONS, operation_of, service_of
from local.ecs.products import Product
from local.ecs.ram.caller import ALLOW_ALL, Authorizer, Caller
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.reference import check_parameters
from local.ecs.rpc.request import Request

__all__ = ["ACTIONS", "ALLOW_ALL", "Authorizer", "Caller", "Ecs", "JsonObject"]

ACTIONS: frozenset[str] = frozenset(OPERATIONS)
"""The operations that the emulator knows."""


class Ecs:
    """One account's ECS in all regions. Thread-safe.

    Whatever is due is applied at the next call or read, so an idle emulator costs nothing.

    Attributes:
        clock: the source of all times.
    """

    def __init__(
        self,
        fleet: Fleet,
        clock: Clock,
        *,
        durations: Durations = DEFAULT_DURATIONS,
        quirks: Quirks = DEFAULT_QUIRKS,
        seed: int = 0,
    ) -> None:
        self.clock = clock
        self._lock = threading.RLock()
        settings = Settings(durations, quirks, fleet.default_stopped_mode)
        self._state = State(settings, clock.now(), seed)
        names: Counter[tuple[str, str]] = Counter()
        for spec in fleet.instances:
            origin = (spec.region, spec.name)
            names[origin] += 1
            made = resource_id("i", spec.region, "fleet", spec.name, names[origin])
            create(self._state, spec, spec.instance_id or made)

    @classmethod
    def restored(
        cls,
        saved: Saved,
        clock: Clock,
        *,
        durations: Durations = DEFAULT_DURATIONS,
        quirks: Quirks = DEFAULT_QUIRKS,
    ) -> Ecs:
        """Restore an account that `save` returned.

        Whatever came due meanwhile is applied at the first read, each at its own time.

        Raises:
            ValueError: the saved state is inconsistent.
        """
        ecs = cls(Fleet(), clock, durations=durations, quirks=quirks)
        settings = Settings(durations, quirks, saved.default_stopped_mode)
        ecs._state = State.restored(saved, settings)
        return ecs

    def save(self) -> Saved:
        """The account's whole state."""
        with self._lock:
            self.settle()
            return self._state.save()

    @property
    def changes(self) -> int:
        """A number that changes whenever something has changed."""
        with self._lock:
            self.settle()
            return self._state.changes

    def call(
        self,
        action: str,
        parameters: Mapping[str, str],
        caller: Caller,
        product: Product = Product.ECS,
    ) -> JsonObject:
        """Do one operation.

        Args:
            action: one of `ACTIONS`.
            parameters: as on the wire (``InstanceId.1``, ``Tag.1.Key``, ``InstanceIds`` as a JSON
                array), without the common ones.
            caller: whose account it is, and what RAM lets them do.
            product: the product whose API version was used.

        Returns: The response's body, ready for JSON, without ``RequestId``. Do not modify it: the
            response to a ClientToken is kept.

        Raises:
            EcsError: what ECS answers instead; of an operation that the emulator lacks, what ECS
                answers to one that there is not, and that it is the emulator that lacks it; of a
                parameter that the operation does not have, that the emulator refuses it.
        """
        operation = operation_of(product, action)
        if operation is None:
            raise Refusal.UNKNOWN_ACTION.error(name=action)
        with self._lock:
            self.settle()
            quirks = self._state.settings.quirks
            unknown_too = quirks.unknown_parameters_are_refused
            check_parameters(action, parameters, unknown_too=unknown_too)
            read = Parameters(parameters, single_quotes=quirks.single_quoted_ids_are_read)
            service = service_of(action)
            return operation(Request(action, read, caller, self._state, product, service))

    def settle(self) -> None:
        """Apply everything that has come due; every call and every read does this first."""
        with self._lock:
            lifecycle.settle(self._state, self.clock.now())

    def instances(self, region: str | None = None) -> tuple[Instance, ...]:
        """The instances that exist (in ``region``), in order of creation."""
        with self._lock:
            self.settle()
            return tuple(each for each in self._state.instances if region in {None, each.region})

    def instance(self, instance_id: str) -> Instance:
        """One instance.

        Raises:
            KeyError: it does not exist, or no longer does.
        """
        with self._lock:
            self.settle()
            found = self._state.instances.find(instance_id)
            if found is None:
                raise KeyError(instance_id)
            return found

    def disks(self, instance_id: str | None = None) -> tuple[Disk, ...]:
        """The disks that exist; only those attached to an instance, when that is given."""
        with self._lock:
            self.settle()
            return tuple(
                each for each in self._state.disks if instance_id in {None, each.instance_id}
            )

    def snapshots(self, disk_id: str | None = None) -> tuple[Snapshot, ...]:
        """The snapshots that exist; only those of a disk, when that is given."""
        with self._lock:
            self.settle()
            if disk_id is not None:
                return self._state.snapshots_of(disk_id)
            return tuple(self._state.snapshots)

    def security_groups(self, region: str | None = None) -> tuple[SecurityGroup, ...]:
        """The security groups that exist (in ``region``), in order of creation."""
        with self._lock:
            groups = self._state.network.groups
            return tuple(each for each in groups if region in {None, each.region})

    def images(self, region: str | None = None) -> tuple[Image, ...]:
        """The account's own images that exist (in ``region``), in order of creation."""
        with self._lock:
            images = self._state.images
            return tuple(each for each in images if region in {None, each.region})

    def add(self, spec: InstanceSpec) -> Instance:
        """Create an instance, as the platform or somebody else would.

        Raises:
            ValueError: one with the same id exists.
        """
        with self._lock:
            self.settle()
            made = spec.instance_id or self._state.mint("i", spec.region)
            return create(self._state, spec, made)

    def put(self, instance: Instance) -> None:
        """Replace an instance by an edited copy of itself: another name, expiry, address.

        Not for its status and release time; see `start`, `stop` and `call`.

        Raises:
            KeyError: it does not exist.
            ValueError: a field was edited that only changes by itself.
        """
        with self._lock:
            now = self.instance(instance.instance_id)
            if _moving_parts(now) != _moving_parts(instance):
                raise ValueError("status, disks and release time are not changed by put()")
            self._state.put(instance)
            lifecycle.watch_expiry(self._state, instance)

    def tag(self, instance_id: str, tags: Mapping[str, str]) -> None:
        """Add tags to an instance.

        Raises:
            KeyError: it does not exist.
        """
        with self._lock:
            now = self.instance(instance_id)
            self._state.put(replace(now, tags={**now.tags, **tags}))

    def untag(self, instance_id: str, *keys: str) -> None:
        """Remove tags from an instance, if it has them.

        Raises:
            KeyError: it does not exist.
        """
        with self._lock:
            now = self.instance(instance_id)
            left = {key: value for key, value in now.tags.items() if key not in keys}
            self._state.put(replace(now, tags=left))

    def lock(self, instance_id: str, *reasons: LockReason) -> None:
        """Lock an instance for exactly these reasons; without any, unlock it.

        Raises:
            KeyError: it does not exist.
        """
        with self._lock:
            self._state.put(replace(self.instance(instance_id), locks=reasons))

    def protect(self, instance_id: str, *, on: bool = True) -> None:
        """Set an instance's deletion protection.

        Raises:
            KeyError: it does not exist.
        """
        with self._lock:
            self._state.put(replace(self.instance(instance_id), deletion_protection=on))

    def start(self, instance_id: str) -> None:
        """Start an instance by hand; one that is not stopped is left as it is.

        Raises:
            KeyError: it does not exist.
        """
        with self._lock:
            now = self.instance(instance_id)
            if now.status is Status.STOPPED and not now.deleting:
                lifecycle.start(self._state, now)

    def stop(self, instance_id: str, mode: StoppedMode | None = None) -> None:
        """Stop an instance by hand; one that is not running is left as it is.

        Raises:
            KeyError: it does not exist.
        """
        with self._lock:
            now = self.instance(instance_id)
            if now.status is Status.RUNNING:
                lifecycle.stop(self._state, now, mode, by_force=False)

    def release(self, instance_id: str) -> None:
        """Release an instance immediately, whatever protects it.

        Raises:
            KeyError: it does not exist.
        """
        with self._lock:
            lifecycle.release(self._state, self.instance(instance_id))

    def announce(
        self, instance_id: str, kind: EventType, not_before: datetime | None, reason: str = ""
    ) -> SystemEvent:
        """Schedule a system event for an instance, as the platform does on failures.

        Args:
            instance_id: whose instance.
            kind: what will happen.
            not_before: when it happens, in any zone; None for an inquiry, which waits for an
                answer that nobody can give here.
            reason: what DescribeInstanceHistoryEvents says about it.

        Raises:
            KeyError: the instance does not exist.
        """
        with self._lock:
            region = self.instance(instance_id).region
            event = SystemEvent(
                event_id=self._state.mint("e", region),
                instance_id=instance_id,
                region=region,
                kind=kind,
                status=EventStatus.SCHEDULED if not_before else EventStatus.INQUIRING,
                published_at=self._state.now,
                not_before=not_before,
                reason=reason,
            )
            lifecycle.announce(self._state, event)
            return event

    def detach_disk(self, disk_id: str) -> None:
        """Detach a disk by hand; one that is attached to nothing is left as it is.

        Raises:
            KeyError: it does not exist.
        """
        with self._lock:
            now = self._disk(disk_id)
            if now.instance_id:
                lifecycle.detach(self._state, now)

    def attach_disk(self, disk_id: str, instance_id: str) -> None:
        """Attach a disk by hand, immediately; ``AttachedTime`` is now.

        Source: AttachDisk, API reference, for what is refused.

        Raises:
            KeyError: disk or instance does not exist.
            ValueError: the disk is attached already, is in another zone, or would be the
                instance's second system disk or its seventeenth data disk.
        """
        with self._lock:
            disk, instance = self._disk(disk_id), self.instance(instance_id)
            if disk.instance_id:
                raise ValueError(f"{disk_id} is attached to {disk.instance_id}")
            if disk.zone != instance.zone:
                raise ValueError(f"{disk_id} is in {disk.zone}, {instance_id} in {instance.zone}")
            disks = self._state.disks_of(instance)
            if disk.kind is DiskKind.SYSTEM and any(each.kind is disk.kind for each in disks):
                raise ValueError(f"{instance_id} has a system disk already")
            data = [each for each in disks if each.kind is DiskKind.DATA]
            if disk.kind is DiskKind.DATA and len(data) >= MOST_DATA_DISKS:
                raise ValueError(f"{instance_id} has {MOST_DATA_DISKS} data disks already")
            lifecycle.attach(self._state, disk, instance)

    def _disk(self, disk_id: str) -> Disk:
        self.settle()
        found = self._state.disks.find(disk_id)
        if found is None:
            raise KeyError(disk_id)
        return found


def _moving_parts(instance: Instance) -> tuple[object, ...]:
    return (
        instance.status,
        instance.moves_at,
        instance.auto_release_at,
        instance.deleting,
        instance.disk_ids,
        instance.region,
    )
