"""What is known of a scenario while it runs: who did what, when, and what ECS showed of it.

The invariants are judged from this, and from what ECS holds; never from what Curfew says of itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Any

from local.ecs.account.model import Disk, Instance
from local.ecs.clock import ManualClock
from local.ecs.engine import Ecs
from tests.simulation.contract import TOO_NEW, UNSELECTED, Order, can_be_snapshotted, is_in_time
from tests.simulation.scenario import Scenario

LONG_AGO = datetime(2000, 1, 1, tzinfo=timezone.utc)
LOOK_LASTS = timedelta(seconds=30)
Row = Mapping[str, Any]


class InvariantBroken(BaseException):  # what happened, not an error of ours
    """An invariant did not hold; the message says which, and for whom.

    No ``Exception``: Curfew ends typed whatever is wrong, and would take it for one more thing.
    """


@dataclass(eq=False)
class Write:
    """A call that changes something.

    Attributes:
        ids: The instances that it is about.
        left_at: When it left Curfew.
        accepted: Those for which ECS took it.
        doubtful: Those of which Curfew cannot know whether ECS took it.
        current: What the answer says of their status.
        snapshot_id: What the answer calls the new snapshot.
    """

    operation: str
    parameters: Mapping[str, str]
    ids: tuple[str, ...]
    left_at: datetime
    accepted: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    current: dict[str, str] = field(default_factory=dict)
    snapshot_id: str = ""

    def may_have_changed(self, instance_id: str) -> bool:
        """Did ECS take it for this instance, or may it have?"""
        return instance_id in self.accepted or instance_id in self.doubtful


@dataclass(eq=False)
class Standing:
    """Who may be touched for one order, as far as it has changed.

    Attributes:
        forbidden: Who may not be, and since when.
        ever: Who was forbidden at any moment of the invocation, with the reasons.
        matched: Who was selected at the start or before the first write.
    """

    order: Order
    matched: set[str] = field(default_factory=set)
    forbidden: dict[str, datetime] = field(default_factory=dict)
    ever: dict[str, set[str]] = field(default_factory=dict)

    def first(self, one: Instance, now: datetime) -> None:
        """See how one instance stands when the invocation begins."""
        reasons = self.order.why_not(one, now)
        if reasons:
            self.forbidden[one.instance_id] = LONG_AGO
        self._claim(one, now)
        if UNSELECTED not in reasons and (reasons or self.order.means(one)):
            self.matched.add(one.instance_id)

    def see(
        self, before: Instance | None, one: Instance | None, now: datetime, *, plans: bool
    ) -> None:
        """See what somebody has made of an instance; ``plans``: it may still be selected."""
        if before is not None and not self.order.why_not(before, now):
            self.forbidden.pop(before.instance_id, None)
        if one is not None:
            self.note(one, now, now)
            if plans and self.order.means(one):
                self.matched.add(one.instance_id)

    def note(self, one: Instance, now: datetime, since: datetime) -> None:
        """See how one instance stands now."""
        if reasons := self.order.why_not(one, now):
            self.forbidden.setdefault(one.instance_id, LONG_AGO if TOO_NEW in reasons else since)
        else:
            self.forbidden.pop(one.instance_id, None)
        self._claim(one, now)

    def _claim(self, one: Instance, now: datetime) -> None:
        if claims := self.order.claims(one, now):
            self.ever.setdefault(one.instance_id, set()).update(claims)


@dataclass(eq=False)
class Invocation:
    """One run of the function.

    Attributes:
        leaving: Who was being deleted already.
        moving: Who was on the way to another status.
        looks: What each answer of DescribeInstances showed: the region, the ids asked for, rows.
        codes: ECS's codes that it was answered.
        deaf: Regions where a call that only reads was not answered well.
        disks: By instance, the disks that were attached at the start.
        inventory: The most instances that a region had before the first write.
        interfered: Whom somebody else touched meanwhile.
    """

    began_at: datetime
    killed_at: datetime
    in_time: bool
    standings: tuple[Standing, ...]
    leaving: set[str]
    moving: set[str]
    inventory: dict[str, int]
    disks: dict[str, set[str]]
    calls: int = 0
    writes: list[Write] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    looks: list[tuple[str, Sequence[str], Sequence[Row]]] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    deaf: set[str] = field(default_factory=set)
    interfered: set[str] = field(default_factory=set)

    @property
    def matched(self) -> set[str]:
        """Who was selected by any of its messages."""
        return set().union(*(one.matched for one in self.standings))

    @property
    def orders(self) -> tuple[Order, ...]:
        """What it is to do."""
        return tuple(one.order for one in self.standings)

    def writes_to(self, instance_id: str) -> list[Write]:
        """Those that ECS took for this instance, or may have."""
        return [one for one in self.writes if one.may_have_changed(instance_id)]

    @cached_property
    def views(self) -> dict[str, list[tuple[str, Row | None]]]:
        """By id, all that was shown, and where, oldest first; None: it was missed by its id.

        To be asked when the invocation is over.
        """
        views: dict[str, list[tuple[str, Row | None]]] = {}
        for region, asked, rows in self.looks:
            shown = {str(row.get("InstanceId")): row for row in rows}
            for key in {*asked, *shown}:
                views.setdefault(key, []).append((region, shown.get(key)))
        return views


class Watch:
    """All of one scenario.

    Attributes:
        known: Every instance that ever was, as it was last.
        disks: Every disk that ever was, as it was last while attached.
        disks_of: The same by the instance that it was attached to last.
        interfered: Whom anybody but Curfew has touched.
        is_rough: Do things go wrong now?
        set_at: When a release time was last set or taken away, by anybody.
        moved_at: When a disk last came to another instance.
        changed_at: When somebody else last did anything to an instance.
    """

    def __init__(self, scenario: Scenario, engine: Ecs, clock: ManualClock) -> None:
        self.scenario = scenario
        self.engine = engine
        self.clock = clock
        self.known = {one.instance_id: one for one in engine.instances()}
        self.disks: dict[str, Disk] = {each.disk_id: each for each in engine.disks()}
        self.disks_of: dict[str, dict[str, Disk]] = {}
        for each in self.disks.values():
            self.disks_of.setdefault(each.instance_id, {})[each.disk_id] = each
        self.interfered: set[str] = set()
        self.is_rough = False
        self.set_at: dict[str, datetime] = {}
        self.moved_at: dict[str, datetime] = {}
        self.changed_at: dict[str, datetime] = {}
        self.running: list[Invocation] = []

    def orders(self) -> tuple[Order, ...]:
        """What the scenario's event asks for, if it is delivered now."""
        return self._orders_of(self.clock.now()) if self.scenario.is_of_now else self._orders

    @cached_property
    def _orders(self) -> tuple[Order, ...]:
        return self._orders_of(self.scenario.sent_at)

    def _orders_of(self, sent_at: datetime) -> tuple[Order, ...]:
        scenario = self.scenario
        return tuple(
            Order(scenario.function, one.request, sent_at, scenario.operator, one.must_be, one.days)
            for one in scenario.messages
        )

    def begin(self, killed_at: datetime, orders: tuple[Order, ...]) -> Invocation:
        """An invocation starts."""
        now = self.clock.now()
        instances = self.engine.instances()
        standings = tuple(map(Standing, orders))
        for standing in standings:
            for one in instances:
                standing.first(one, now)
        begun = Invocation(
            began_at=now,
            killed_at=killed_at,
            in_time=is_in_time(orders[0].sent_at, now),
            standings=standings,
            leaving={one.instance_id for one in instances if one.deleting},
            moving={one.instance_id for one in instances if one.moves_at is not None},
            inventory=_sizes(instances),
            disks={one.instance_id: set(one.disk_ids) for one in instances},
        )
        self.running.append(begun)
        return begun

    def changed(self, ids: Iterable[str]) -> None:
        """Somebody else has changed these instances: who is guarded, who matches now?"""
        now = self.clock.now()
        for instance_id in ids:
            self._see(instance_id, now)
        self._see_disks(now)
        for invocation in self.running:
            if self._plans(invocation):
                for region, size in _sizes(self.engine.instances()).items():
                    invocation.inventory[region] = max(size, invocation.inventory.get(region, 0))

    def _see(self, instance_id: str, now: datetime) -> None:
        """Note what has become of one instance."""
        self.interfered.add(instance_id)
        self.changed_at[instance_id] = now
        before, one = self.known.get(instance_id), self.find(instance_id)
        for invocation in self.running:
            invocation.interfered.add(instance_id)
            for standing in invocation.standings:
                standing.see(before, one, now, plans=self._plans(invocation))
        if one is None:
            return
        if before is not None and before.auto_release_at != one.auto_release_at:
            self.set_at[instance_id] = now
        self.known[instance_id] = one

    def _see_disks(self, now: datetime) -> None:
        for each in self.engine.disks():
            if not each.instance_id:
                continue
            before = self.disks.get(each.disk_id)
            if before is each:
                continue
            if before is not None and before.instance_id != each.instance_id:
                self.moved_at[each.disk_id] = now
                del self.disks_of[before.instance_id][each.disk_id]
            self.disks[each.disk_id] = each
            self.disks_of.setdefault(each.instance_id, {})[each.disk_id] = each

    def _plans(self, invocation: Invocation) -> bool:
        """May it still find somebody new? Of a list each message plans anew."""
        return not invocation.writes or len(invocation.standings) > 1

    def find(self, instance_id: str) -> Instance | None:
        """The instance, if it exists."""
        try:
            return self.engine.instance(instance_id)
        except KeyError:
            return None

    def is_never(self, order: Order, one: Instance) -> bool:
        """Does ECS, as it is tonight, never do to this instance what is asked for?"""
        if order.with_snapshots and not all(
            can_be_snapshotted(disk.category) for disk in self.engine.disks(one.instance_id)
        ):
            return True
        return order.never(one, self.clock.now(), self.scenario.quirks)

    def tries_in_vain(self, order: Order) -> bool:
        """Can something of it not be done, so that it fails each time?"""
        if order.rests:
            return False
        ids = order.request.get("instance_ids", ())
        if isinstance(ids, list):
            there = {one.instance_id: one.region for one in self.engine.instances()}
            if order.function != "release" and set(ids) - there.keys():
                return True
            if any(there.get(one, order.regions[0]) not in order.regions for one in ids):
                return True
        return any(
            order.never(one, self.clock.now(), self.scenario.quirks)
            for one in self.engine.instances()
            if not order.why_not(one, self.clock.now())
        )

    def shown(self, parameters: Mapping[str, str], rows: Sequence[Row]) -> None:
        """DescribeInstances was answered, and the answer arrived."""
        asked = json.loads(parameters.get("InstanceIds") or "[]")
        self.running[-1].looks.append((parameters.get("RegionId", ""), asked, rows))


def _sizes(instances: Sequence[Instance]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for one in instances:
        sizes[one.region] = sizes.get(one.region, 0) + 1
    return sizes
