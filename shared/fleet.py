"""All regions of one request together: plan over them, then carry the plan out side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from shared.clock import Clock, Deadline
from shared.disks import DiskLook, DiskReader
from shared.ecs import Ecs
from shared.guards import Guard, Harm
from shared.loop import Job, converge
from shared.model import Instance, absent
from shared.parallel import Runner
from shared.plan import Plan, Row, WatchOnly, make_plan
from shared.selection import ByIds, Selection
from shared.steps import Done, Rule


class Fleet(msgspec.Struct, frozen=True):
    """The regions of a request, and what is to be done in them.

    Attributes:
        sources: One for each region.
        disks: Which disks the rule wants to see.
    """

    rule: Rule
    guard: Guard
    sources: tuple[Ecs, ...]
    disks: DiskLook
    clock: Clock
    deadline: Deadline
    side_by_side: Runner

    def plan(self, selection: Selection) -> Plan:
        """Look once at all that is selected, and plan.

        Raises:
            AccessDenied: RAM does not let the function look.
            Unavailable: an inventory could not be read to its end.
        """
        looks = self.side_by_side(
            lambda source: self._first_look(source, selection),
            self.sources,
            at_once=len(self.sources),
        )
        found = {one.id: one for look in looks for one in look}
        now = self.clock.now()
        if isinstance(selection, ByIds):
            region = self.sources[0].api.region if len(self.sources) == 1 else ""
            instances = [found.get(key) or absent(key, region, now) for key in selection.ids]
        else:
            instances = list(found.values())
        return make_plan(instances, self.rule, self.guard, now)

    def inventory(self) -> dict[str, int]:
        """How many instances each region has, selected or not.

        Raises:
            AccessDenied: RAM does not let the function look.
            Unavailable: an inventory could not be read to its end.
        """
        sizes = self.side_by_side(Ecs.size, self.sources, at_once=len(self.sources))
        return {source.api.region: size for source, size in zip(self.sources, sizes, strict=True)}

    def execute(self, plan: Plan) -> Sequence[Row]:
        """Carry out the plan, and nothing else."""
        watch = WatchOnly(self.rule)
        targets, awaited = _by_region(plan.targets), _by_region(plan.awaited)
        work = [
            (instances, msgspec.structs.replace(job, rule=rule))
            for source in self.sources
            for job in (self._job(source),)
            for instances, rule in (
                (targets[source.api.region], self.rule),
                (awaited[source.api.region], watch),
            )
            if instances
        ]
        done = self.side_by_side(lambda part: converge(*part), work, at_once=max(1, len(work)))
        return [*plan.settled, *(row for rows in done for row in rows)]

    def _first_look(self, source: Ecs, selection: Selection) -> list[Instance]:
        """The selected instances, with sure tags where much is at stake; the free with disks."""
        found = source.inventory(selection)
        if self.guard.harm is Harm.LOSS:
            bare = self._free(one for one in found.values() if not one.tags)
            found |= _by_id(source.with_tags_checked(self._undone(bare)))
        found |= _by_id(DiskReader(source, self.disks).first(self._free(found.values())))
        return list(found.values())

    def _free(self, instances: Iterable[Instance]) -> list[Instance]:
        """Those that nothing guards."""
        now = self.clock.now()
        return [one for one in instances if not self.guard.reason(one, now)]

    def _undone(self, instances: Iterable[Instance]) -> list[Instance]:
        """Those that are not as they should be."""
        now = self.clock.now()
        return [one for one in instances if not isinstance(self.rule.next_step(one, now), Done)]

    def _job(self, source: Ecs) -> Job:
        return Job(
            ecs=source,
            rule=self.rule,
            guard=self.guard,
            clock=self.clock,
            deadline=self.deadline,
            reader=DiskReader(source, self.disks),
        )


def _by_id(instances: Iterable[Instance]) -> dict[str, Instance]:
    return {one.id: one for one in instances}


def _by_region(instances: Sequence[Instance]) -> Mapping[str, list[Instance]]:
    regions: dict[str, list[Instance]] = defaultdict(list)
    for instance in instances:
        regions[instance.region].append(instance)
    return regions
