"""All regions of one request together: plan over them, then carry out the plan in parallel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from shared.base.clock import Clock, Deadline
from shared.base.errors import AccessDenied, CurfewError, Unavailable
from shared.base.parallel import Runner
from shared.base.times import to_zone_text
from shared.converge.loop import Job, converge
from shared.converge.survey import NAMED, Eyes, Pause, Survey, survey
from shared.domain.guards import Guard, Harm
from shared.domain.instance import Instance, absent
from shared.domain.plan import Judge, Plan, Result, Row, WatchOnly, make_plan
from shared.domain.selection import ByIds, Selection, has_other_value
from shared.domain.steps import NOT_KNOWN, DiskLook, Done, Rule
from shared.ecs.client import Client
from shared.ecs.disks import DiskReader
from shared.ecs.inventory import Found, Inventory
from shared.report.log import log_unforeseen

NOT_THERE = 'already released, nonexistent, or in another region (name it in "regions") or account'


class Scene(msgspec.Struct, frozen=True):
    """The result of a first look: the plan, and everything else that a person must know.

    Attributes:
        plan: What is to be done.
        unread: Regions of the request that could not be read, each with the reason.
        warnings: Sentences for people.
    """

    plan: Plan
    unread: Mapping[str, CurfewError]
    warnings: tuple[str, ...]


class Fleet(msgspec.Struct, frozen=True):
    """The regions of a request, and what is to be done in them.

    Attributes:
        judge: Which instances are selected, which are guarded, what comes next.
        sources: One for each region.
        others: The operator's other regions, where ids unknown to these may be.
        born_by: Instances created later are not selected; None: no limit.
        disks: Which disks the rule needs to see.
        wait: Waits some seconds before unknown ids are looked up again, if it may.
    """

    judge: Judge
    sources: tuple[Inventory, ...]
    others: tuple[Client, ...]
    born_by: datetime | None
    disks: DiskLook
    clock: Clock
    deadline: Deadline
    wait: Callable[[], Pause]
    side_by_side: Runner

    def look(self) -> Scene:
        """Read everything selected once, and plan.

        Raises:
            InvalidEvent: ECS knows none of the regions.
            AccessDenied: no region could be read, and RAM denied one of them.
            Unavailable: no region could be read.
        """
        seen = survey(
            self.judge.selection,
            self.sources,
            self.others,
            Eyes(self._first_look, self.wait, self.side_by_side),
        )
        now = self.clock.now()
        late = [one for one in seen.instances if self._is_late(one)]
        left = {one.id for one in late}
        plan = make_plan((one for one in seen.instances if one.id not in left), self.judge, now)
        rows = (*self._rows_of_late(late), *self._rows_of_missing(seen, now))
        plan = msgspec.structs.replace(plan, left_alone=(*plan.left_alone, *rows))
        return Scene(plan, seen.unread, tuple(self._warnings(seen, late)))

    def sizes(self, regions: Iterable[str]) -> tuple[dict[str, int], dict[str, str]]:
        """How many instances each of these regions has, selected or not; if unknown, why.

        They are counted for at most a third of the time that is left.
        """
        wanted = set(regions)
        sources = [one for one in self.sources if one.client.region in wanted]
        sizes = self.side_by_side(
            lambda source: _size(source.reading_until(self._in_thirds(1))),
            sources,
            at_once=max(1, len(sources)),
        )
        counted = {source.client.region: size for source, size in zip(sources, sizes, strict=True)}
        return (
            {region: size for region, size in counted.items() if isinstance(size, int)},
            {region: why for region, why in counted.items() if isinstance(why, str)},
        )

    def execute(self, plan: Plan) -> Sequence[Row]:
        """Carry out the plan, and nothing else."""
        parts = [*self.judge.rule.sides(plan.to_change)]
        parts += [(WatchOnly(self.judge.rule), plan.awaited)]
        work = [
            (instances, self._job(source, rule))
            for rule, part in parts
            for regions in (_by_region(part),)
            for source in self.sources
            if (instances := regions[source.client.region])
        ]
        done = self.side_by_side(lambda part: converge(*part), work, at_once=max(1, len(work)))
        return [*plan.left_alone, *(row for rows in done for row in rows)]

    def _first_look(self, source: Inventory, selection: Selection) -> Found:
        """The selected instances, with confirmed tags if needed; the unguarded ones with disks."""
        for_disks, source = (source.reading_until(self._in_thirds(number)) for number in (2, 1))
        found = source.select(selection)
        excepted = self.judge.narrowing.kept.ids.intersection(found.instances)
        found = msgspec.structs.replace(found, excepted=excepted)
        shown = self._narrowed(found.instances)
        sure = self._with_sure_tags(source, shown)
        instances = self._narrowed(
            {
                key: sure.get(key, one)
                for key, one in shown.items()
                if not has_other_value(selection, sure.get(key, one))
            }
        )
        if shown_none := self._none_left(found, instances):
            found = msgspec.structs.replace(found, hint=shown_none)
        disks = DiskReader(for_disks, self.disks)
        free = _by_id(self._free(instances.values(), self.judge.guard))
        others = [one for key, one in instances.items() if key not in free and not one.unreadable]
        instances |= _by_id([*disks.first(list(free.values())), *disks.earlier(others)])
        return msgspec.structs.replace(found, instances=instances)

    def _with_sure_tags(
        self, source: Inventory, instances: dict[str, Instance]
    ) -> Mapping[str, Instance]:
        """What a second look says about instances that lack tags, if it may decide.

        ListTagResources before a loss, if the request selects instances that lack a tag, and for
        keys that the rule doubts; otherwise, and only if CURFEW_ONLY_TAGS requires tags,
        DescribeInstances again. A filter by several values finds every instance with the key, so
        only that second look tells which are selected.
        """
        guard, narrowing = self.judge.guard, self.judge.narrowing
        readable = [one for one in instances.values() if not one.unreadable]
        in_doubt = {one.id: one for one in readable if narrowing.rests_on_absence(one)}
        if guard.harm is Harm.LOSS:
            bare = [one for one in readable if not one.tags]
            lost = [one for one in bare if self.judge.has_lost_tags(one)]
            in_doubt |= _by_id(lost or self._undone(self._free(bare, guard)))
            return _by_id(source.with_tags_checked(list(in_doubt.values())))
        bare = [one for one in instances.values() if not (one.tags or one.id in in_doubt)]
        again = source.look([one.id for one in bare]) if guard.only_tags else {}
        seen = {
            key: msgspec.structs.replace(one, tags_checked=not one.tags)
            for key, one in again.items()
        }
        readable = [one for one in (instances | seen).values() if not one.unreadable]
        lacking = [one for one in readable if self.judge.lacks_tags(one) and not self._is_late(one)]
        doubted = _by_id(self._undone(lacking))
        try:
            return seen | _by_id(source.with_tags_checked(list((doubted | in_doubt).values())))
        except Unavailable:
            if in_doubt:  # which instances are selected is unknown
                raise
            return seen  # instances whose schedule is unknown are pending, the others are processed

    def _narrowed(self, instances: dict[str, Instance]) -> dict[str, Instance]:
        """Without those that the request excludes; an excluded id has a row that says so."""
        if isinstance(self.judge.selection, ByIds):
            return instances
        mismatch = self.judge.narrowing.mismatch
        return {key: one for key, one in instances.items() if not mismatch(one)}

    def _none_left(self, found: Found, instances: Mapping[str, Instance]) -> str:
        """A sentence if the narrowing leaves none of the selected; "" if it leaves some."""
        fields = " and ".join(self.judge.narrowing.fields())
        if instances or not (found.instances and fields):
            return ""
        many, leave = len(found.instances) > 1, "leave" if " and " in fields else "leaves"
        selected = f"{len(found.instances)} instance{'s are' if many else ' is'} selected"
        return f"{selected}, but {fields} {leave} {'none of them' if many else 'it out'}."

    def _in_thirds(self, number: int) -> datetime:
        """When this many thirds of the remaining time are over."""
        now = self.clock.now()
        return now + (self.deadline.work_until - now) / 3 * number

    def _free(self, instances: Iterable[Instance], guard: Guard) -> list[Instance]:
        """Those that are not guarded."""
        now = self.clock.now()
        return [
            one
            for one in instances
            if not (
                one.unreadable
                or self._is_late(one)
                or self.judge.narrowing.mismatch(one)
                or guard.reason(one, now)
            )
        ]

    def _undone(self, instances: Iterable[Instance]) -> list[Instance]:
        """Those that are not as they should be."""
        now = self.clock.now()
        rule = self.judge.rule
        return [one for one in instances if not isinstance(rule.next_step(one, now), Done)]

    def _is_late(self, instance: Instance) -> bool:
        """Was it created after the event, or is that unknown?"""
        if self.born_by is None or instance.unreadable:
            return False
        return instance.created_at is None or instance.created_at > self.born_by

    def _rows_of_late(self, late: Sequence[Instance]) -> Iterator[Row]:
        zone = self.judge.guard.zone
        for one in late:
            made = f"created {to_zone_text(one.created_at, zone)}" if one.created_at else ""
            sent = to_zone_text(self.born_by, zone) if self.born_by else ""
            reason = f"{made or 'created, for all that ECS says'}, after the event of {sent}"
            yield Row(one, Result.SKIPPED, f"{reason}; not selected")

    def _read(self, seen: Survey) -> list[str]:
        """The regions of the request that could be read, in its order."""
        regions = (one.client.region for one in self.sources)
        return [region for region in regions if region not in seen.unread]

    def _rows_of_missing(self, seen: Survey, now: datetime) -> Iterator[Row]:
        """The rows and warnings about ids that no region of the request knows."""
        regions = self._read(seen)
        where, region = ", ".join(regions), regions[0] if len(regions) == 1 else ""
        unasked = "".join(f"; {why}" for why in seen.unasked.values())
        for key in seen.missing:
            one = absent(key, region, now)
            if key in seen.elsewhere:
                there = seen.elsewhere[key]
                reason = f'it is in {there}; specify "regions": ["{there}"]'
                yield Row(one, Result.FAILED, reason, NOT_KNOWN)
            elif seen.unread:
                unread = ", ".join(seen.unread)
                reason = f"ECS in {where} does not know this id, and {unread} could not be read"
                yield Row(one, Result.FAILED, reason, NOT_KNOWN)
            elif seen.unsure:
                reason = f"ECS in {where} does not show this id, and there was no second try"
                yield Row(one, Result.PENDING, f"{reason}: {seen.unsure}{unasked}")
            else:
                reason = f"ECS in {where} does not know this id: {NOT_THERE}{unasked}"
                is_done = isinstance(self.judge.rule.next_step(one, now), Done)
                result, code = (Result.UNCHANGED, "") if is_done else (Result.FAILED, NOT_KNOWN)
                yield Row(one, result, reason, code)

    def _warnings(self, seen: Survey, late: Sequence[Instance]) -> Iterator[str]:
        yield from (f"{region} could not be read: {why}" for region, why in seen.unread.items())
        for stray in seen.strays:
            yield (
                f"ECS's row for {stray.id} in {stray.region} cannot be read, so it is unknown "
                f"whether it is selected: {stray.unreadable}"
            )
        if seen.misspelt:
            from shared.domain.hints import misspelt  # noqa: PLC0415  # few lists show any

            yield misspelt(seen.misspelt)
        if (unmet := self._unmet(seen)) and not seen.unread:
            are, ids = ("is", "id") if len(unmet) == 1 else ("are", "ids")
            yield (
                f"except.instance_ids: {_named(unmet)} {are} not among the selected, so nobody is "
                f"left out for that: check the {ids}"
            )
        if late:
            yield f"created after the event and left alone: {_named([one.id for one in late])}"
        unknown = [one for one in seen.missing if one not in seen.elsewhere]
        if unknown and not (seen.unread or seen.unsure):
            unasked = "".join(f"; {why}" for why in seen.unasked.values())
            yield f"ECS does not know {_named(unknown)}: {NOT_THERE}{unasked}"
        if not (seen.instances or seen.missing or isinstance(self.judge.selection, ByIds)):
            if without := [region for region in self._read(seen) if region not in seen.hints]:
                yield f"nothing matched in {', '.join(without)}."
            for region, hint in seen.hints.items():
                yield f"nothing matched in {region}: {hint}"

    def _unmet(self, seen: Survey) -> list[str]:
        """Ids in ``except`` that no selected instance has, and that were not requested either."""
        selection = self.judge.selection
        asked = selection.members if isinstance(selection, ByIds) else frozenset()
        return sorted(self.judge.narrowing.kept.ids - seen.excepted - asked)

    def _job(self, source: Inventory, rule: Rule) -> Job:
        return Job(
            inventory=source,
            judge=msgspec.structs.replace(self.judge, rule=rule),
            clock=self.clock,
            deadline=self.deadline,
            reader=DiskReader(source, self.disks),
        )


def _size(source: Inventory) -> int | str:
    try:
        return source.size()
    except (AccessDenied, Unavailable) as error:
        why = str(error)
    except Exception as error:  # noqa: BLE001  # one region's failure keeps no other from being done
        why = log_unforeseen(error)
    return f"its region could not be counted for CURFEW_MAX_PERCENT: {why}"


def _named(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(ids[:NAMED]) + more


def _by_id(instances: Iterable[Instance]) -> dict[str, Instance]:
    return {one.id: one for one in instances}


def _by_region(instances: Sequence[Instance]) -> Mapping[str, list[Instance]]:
    regions: dict[str, list[Instance]] = defaultdict(list)
    for instance in instances:
        regions[instance.region].append(instance)
    return regions
