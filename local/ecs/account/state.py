"""Everything the emulated account holds, and the agenda of what comes due.

It keeps and finds; the rules are in `local.ecs.account.lifecycle`.
"""

from __future__ import annotations

import heapq
import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Literal

from local.ecs.account.catalog import INSTANCE_TYPES
from local.ecs.account.collection import Collection
from local.ecs.account.durations import Durations
from local.ecs.account.images import Image
from local.ecs.account.key_pairs import KeyPair
from local.ecs.account.model import (
    Disk,
    Instance,
    Snapshot,
    SnapshotGroup,
    SnapshotStatus,
    StoppedMode,
)
from local.ecs.account.network import Network, SavedNetwork
from local.ecs.account.quirks import Quirks
from local.ecs.account.regions import REGIONS, resource_id
from local.ecs.account.system_events import SystemEvent

JsonObject = dict[str, Any]


class Due(Enum):
    """What can come due."""

    STATUS = "an instance changes its status"
    RELEASE = "an instance is released automatically"
    SNAPSHOT = "a snapshot is accomplished"
    RETENTION = "a snapshot has been kept long enough"
    EXPIRY = "a subscription ends"
    EVENT = "a system event is executed"


@dataclass(frozen=True, slots=True)
class Replay:
    """What was answered to a request with a ClientToken, and what the request was."""

    fingerprint: frozenset[tuple[str, str]]
    answer: JsonObject


@dataclass(frozen=True, slots=True)
class Settings:
    """How the emulated platform and account behave; fixed for one engine."""

    durations: Durations
    quirks: Quirks
    default_stopped_mode: StoppedMode


@dataclass(frozen=True, slots=True)
class SavedReplay:
    """A `Replay` with what it is found by."""

    account_id: str
    action: str
    token: str
    replay: Replay


@dataclass(frozen=True, slots=True)
class Saved:
    """All that is needed to go on from here in another process; JSON-ready.

    Not in it: how the platform behaves (`Settings`, but for what the account itself has set), the
    positions that a NextToken stands for, and how far the jitter's dice are.

    Attributes:
        form: of this value; another one is not understood.
        minted: how many ids were made.
        agenda: when, the `Due`'s name, which resource; in any order.
        network: None for what is there from the start, as all that older files mean.
    """

    form: Literal[1]
    now: datetime
    default_stopped_mode: StoppedMode
    seed: int
    minted: int
    instances: tuple[Instance, ...]
    disks: tuple[Disk, ...]
    snapshots: tuple[Snapshot, ...]
    groups: tuple[SnapshotGroup, ...]
    replays: tuple[SavedReplay, ...]
    agenda: tuple[tuple[datetime, str, str], ...]
    network: SavedNetwork | None = None
    key_pairs: tuple[KeyPair, ...] = ()
    images: tuple[Image, ...] = ()
    events: tuple[SystemEvent, ...] = ()


class State:
    """The account. Not safe for several threads by itself: the engine holds a lock.

    Attributes:
        now: the moment of the request, or of the event, that is being worked on.
        replays: by account, action and ClientToken.
        groups: snapshot groups; those of security are in ``network``.
    """

    def __init__(self, settings: Settings, now: datetime, seed: int) -> None:
        self.settings = settings
        self.now = now
        self.instances: Collection[Instance] = Collection()
        self.disks: Collection[Disk] = Collection()
        self.snapshots: Collection[Snapshot] = Collection()
        self.groups: Collection[SnapshotGroup] = Collection()
        self.key_pairs: Collection[KeyPair] = Collection()
        self.images: Collection[Image] = Collection()
        self.network = Network()
        self.events: Collection[SystemEvent] = Collection()
        self.replays: dict[tuple[str, str, str], Replay] = {}
        self._snapshots_of: defaultdict[str, list[str]] = defaultdict(list)
        self._agenda: list[tuple[datetime, int, Due, str]] = []
        self._entries = 0
        self._minted = 0
        self._seed = seed
        self._created = (now, 0)
        self._dice = random.Random(seed)  # noqa: S311  # jitter, not a secret

    @classmethod
    def restored(cls, saved: Saved, settings: Settings) -> State:
        """The account as it was saved.

        Raises:
            ValueError: what was saved contradicts itself.
        """
        state = cls(settings, saved.now, saved.seed)
        state._minted = saved.minted
        state._fill(saved)
        state._restore(saved)
        return state

    def _restore(self, saved: Saved) -> None:
        """Take what was answered and what is due from what was saved."""
        for each in saved.replays:
            self.replays[each.account_id, each.action, each.token] = each.replay
        for at, due, resource in saved.agenda:
            if due not in Due.__members__:
                raise ValueError(f"agenda: {due!r} is not one of {list(Due.__members__)}")
            if due == Due.RETENTION.name and self.snapshots.find(resource) is None:
                raise ValueError(f"agenda: there is no snapshot {resource!r}")
            self.schedule(at, Due[due], resource)

    def _fill(self, saved: Saved) -> None:
        """Take over the resources that were saved."""
        for instance in saved.instances:
            if instance.region not in REGIONS or instance.instance_type not in INSTANCE_TYPES:
                where = f"{instance.instance_type} in {instance.region}"
                raise ValueError(f"{instance.instance_id}: {where} is not known here")
            self.instances.add(instance.instance_id, instance.region, instance)
        self.disks.add_all(saved.disks, lambda disk: disk.disk_id)
        for snapshot in saved.snapshots:
            self.add_snapshot(snapshot)
        self.groups.add_all(saved.groups, lambda group: group.group_id)
        self.events.add_all(saved.events, lambda event: event.event_id)
        self.key_pairs.add_all(saved.key_pairs, lambda pair: pair.key)
        self.images.add_all(saved.images, lambda image: image.image_id)
        if saved.network is not None:
            self.network = Network(saved.network)

    def save(self) -> Saved:
        """The account as it is."""
        return Saved(
            form=1,
            now=self.now,
            default_stopped_mode=self.settings.default_stopped_mode,
            seed=self._seed,
            minted=self._minted,
            instances=tuple(self.instances),
            disks=tuple(self.disks),
            snapshots=tuple(self.snapshots),
            groups=tuple(self.groups),
            events=tuple(self.events),
            replays=tuple(SavedReplay(*key, replay) for key, replay in self.replays.items()),
            network=self.network.save(),
            key_pairs=tuple(self.key_pairs),
            images=tuple(self.images),
            agenda=tuple(
                (at, due.name, resource)
                for at, _, due, resource in sorted(self._agenda)
                if due is not Due.RETENTION or self.snapshots.find(resource) is not None
            ),
        )

    @property
    def changes(self) -> int:
        """A number that is another one whenever something has changed."""
        collections: tuple[Collection[Any], ...] = (
            self.instances,
            self.disks,
            self.snapshots,
            self.groups,
            self.events,
            self.key_pairs,
            self.images,
        )
        return self.network.changes + sum(collection.changes for collection in collections)

    def mint(self, kind: str, region: str) -> str:
        """An id that no resource has had; the same sequence under the same seed."""
        self._minted += 1
        return resource_id(kind, region, "minted", self._seed, self._minted)

    def creates(self, number: int) -> bool:
        """Count new instances; False if there are too many of them in this minute."""
        minute = self.now.replace(second=0, microsecond=0)
        before = self._created[1] if self._created[0] == minute else 0
        if before + number > self.settings.quirks.creations_per_minute:
            return False
        self._created = (minute, before + number)
        return True

    def with_jitter(self, duration: timedelta) -> timedelta:
        """The duration, off by as much as the settings' jitter allows."""
        jitter = self.settings.durations.jitter
        return duration * (1 + jitter * self._dice.uniform(-1, 1)) if jitter else duration

    def put(self, instance: Instance) -> None:
        """Replace the instance that has the same id."""
        self.instances.replace(instance.instance_id, instance)

    def disks_of(self, instance: Instance) -> tuple[Disk, ...]:
        """The instance's disks, the system disk first."""
        found = (self.disks.find(disk_id) for disk_id in instance.disk_ids)
        return tuple(disk for disk in found if disk is not None)

    def add_snapshot(self, snapshot: Snapshot) -> None:
        """Put a new snapshot."""
        self.snapshots.add(snapshot.snapshot_id, snapshot.region, snapshot)
        self._snapshots_of[snapshot.disk_id].append(snapshot.snapshot_id)

    def remove_snapshot(self, snapshot_id: str) -> None:
        """Forget a snapshot.

        Raises:
            KeyError: there is none with this id.
        """
        gone = self.snapshots.remove(snapshot_id)
        self._snapshots_of[gone.disk_id].remove(snapshot_id)

    def snapshots_of(self, disk_id: str) -> tuple[Snapshot, ...]:
        """The snapshots of a disk that exist, oldest first; also of a disk that is gone."""
        found = (self.snapshots.find(each) for each in self._snapshots_of.get(disk_id, ()))
        return tuple(snapshot for snapshot in found if snapshot is not None)

    def progressing_snapshot(self, disk_id: str) -> Snapshot | None:
        """The snapshot of the disk that is being made: one at most."""
        for snapshot in self.snapshots_of(disk_id):
            if snapshot.status is SnapshotStatus.PROGRESSING:
                return snapshot
        return None

    def schedule(self, at: datetime, due: Due, resource: str) -> None:
        """Put something on the agenda; it is checked again when it comes due."""
        self._entries += 1
        heapq.heappush(self._agenda, (at, self._entries, due, resource))

    def take_due(self, until: datetime) -> tuple[datetime, Due, str] | None:
        """Take the earliest entry that is due at ``until``; None if nothing is."""
        if not self._agenda or self._agenda[0][0] > until:
            return None
        at, _, due, resource = heapq.heappop(self._agenda)
        return at, due, resource
