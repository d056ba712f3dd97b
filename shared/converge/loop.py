"""The loop: look, judge, batch equal calls, wait, look again, until everything is done.

Level-triggered: nothing is remembered from run to run, each look starts from the actual state. So a
retry, a duplicate, or a run after a crash simply continues from there. No action is known here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from shared.base.clock import Clock, Deadline
from shared.base.errors import AccessDenied, Unavailable
from shared.converge.target import Target
from shared.domain.guards import FRESH_FOR
from shared.domain.instance import Instance, Status
from shared.domain.outcome import Outcome, lost
from shared.domain.plan import UNCONFIRMED_TAGS, Judge, Result, Row
from shared.domain.steps import Call, Delete, DiskLook, NoCall, Wait
from shared.ecs.changes import perform
from shared.ecs.client import CALLS_AT_ONCE, SINGLES_AT_ONCE
from shared.ecs.disks import DiskReader
from shared.ecs.inventory import PAGE, TAG_PAGE, Inventory
from shared.report.log import log_unforeseen

WITH_DISKS = 25
"""Instances read together if each needs its own calls for its disks.

The first look must not be stale before the last is taken.
"""

_TIME_TO_SEND = timedelta(seconds=10)
"""How long before a look becomes stale it is repeated, so that its calls can still be sent."""
_A_MOMENT = timedelta(seconds=1)
"""The shortest time between two looks at one instance."""
_MOST_UNCONFIRMED = 3
"""How often a second response may fail to confirm missing tags before giving up."""
_TIME_TO_CONNECT = timedelta(seconds=5)
"""How long a call may take to be sent: it may have to connect first."""


class Job(msgspec.Struct, frozen=True):
    """Everything that the loop needs in one region.

    Attributes:
        reader: Adds the disks that the rule needs to see.
    """

    inventory: Inventory
    judge: Judge
    clock: Clock
    deadline: Deadline
    reader: DiskReader


def converge(instances: Sequence[Instance], job: Job) -> list[Row]:
    """Bring these instances to the goal; nothing else is touched.

    Never raises for what ECS does: each instance has its row, whatever happens.
    """
    run = _Run(job, instances)
    try:
        run.to_the_end()
    except AccessDenied as error:
        return run.rows(Result.FAILED, str(error), error.code)
    except Unavailable as error:
        return run.rows(Result.PENDING, str(error))
    except Exception as error:  # noqa: BLE001  # what is unforeseen must not lose the rows
        return run.rows(Result.FAILED, log_unforeseen(error))
    return run.rows()


class _Sample(msgspec.Struct, eq=False):
    """A sample of many that wait for the same thing; if these are done, the others probably are."""

    awaits: type[Call] | None
    looked_at: list[Target]
    others: list[Target]

    def is_through(self) -> bool:
        """Are most of the sample done? If not, the others are postponed like the sample."""
        still = [one for one in self.looked_at if one.row is None and isinstance(one.step, Wait)]
        if len(still) * 2 <= len(self.looked_at):
            return True
        next_look = min(one.due for one in still)
        for other in self.others:
            other.due = max(other.due, next_look)
        return False


class _Run:
    """One run of the loop in one region."""

    def __init__(self, job: Job, instances: Sequence[Instance]) -> None:
        now = job.clock.now()
        self.job = job
        rule = job.judge.rule
        self.targets = [Target(one, rule.next_step(one, now), now, one) for one in instances]
        self.through: set[type[Call] | None] = set()
        self.most = WITH_DISKS if job.reader.wanted is DiskLook.ALL else None

    def to_the_end(self) -> None:
        """Round after round, until all are settled or time runs out."""
        while (unsettled := [one for one in self.targets if one.row is None]) and (
            self.job.clock.now() < self.job.deadline.work_until
        ):
            wave, samples = self._next_wave(unsettled)
            if not wave:
                self._sleep_until(min(one.due for one in unsettled))
                continue
            now = self.job.clock.now()
            self._look([one for one in wave if self._is_stale(one, now)])
            now = self.job.clock.now()
            for target in wave:
                self._decide(target, now)
            wave = self._ask_twice(wave)
            self.through = {one.awaits for one in samples if one.is_through()}
            self._act(wave)

    def rows(self, result: Result = Result.PENDING, reason: str = "", code: str = "") -> list[Row]:
        """A row for each instance; unsettled ones get this result and reason."""
        return [
            one.row
            or (one.ended(result, reason, code) if reason else one.pending(self.job.judge.rule))
            for one in self.targets
        ]

    def _next_wave(self, unsettled: Sequence[Target]) -> tuple[list[Target], list[_Sample]]:
        """Those whose turn it is: as many as ECS will accept, and samples of those that wait."""
        now = self.job.clock.now()
        wave: list[Target] = []
        samples: list[_Sample] = []
        waiting: dict[type[Call] | None, list[Target]] = defaultdict(list)
        acting: dict[str, list[Target]] = defaultdict(list)
        for target in unsettled:
            if target.due > now:
                continue
            if isinstance(target.step, NoCall):
                waiting[target.awaits].append(target)
            else:
                acting[target.step.operation].append(target)
        for operation, group in acting.items():
            wave += self._as_ecs_allows(operation, group, now)[: self.most]
        for awaits, group in waiting.items():
            group.sort(key=lambda one: one.instance.seen_at)
            size = len(group) if awaits in self.through else PAGE
            size = min(size, self.most or size)
            sample = _Sample(awaits, group[:size], group[size:])
            samples.append(sample)
            wave += sample.looked_at
        return self._as_looks_allow(wave, now), samples

    def _as_looks_allow(self, wave: list[Target], now: datetime) -> list[Target]:
        """Without those for whose look no call is left in this minute.

        A look is valid for 30 seconds from its first call, so the rest of its calls is not waited
        for longer than that: by then the first would always be stale.
        """
        for operation, rows, needing in self._looks_at(wave, now):
            outlook = self.job.inventory.client.outlook(operation, now)
            most = None if outlook.calls is None else outlook.calls * rows
            if most and operation == "ListTagResources":
                most = max(rows, most - rows)  # one call is for the dry run, in case none has tags
            if outlook.opens_at <= now and (most is None or len(needing) <= most):
                continue
            too_many = needing if outlook.opens_at > now else needing[most or 0 :]
            for target in too_many:
                target.put_off(operation, outlook.opens_at)
            put_off = {id(one) for one in too_many}
            wave = [one for one in wave if id(one) not in put_off]
        return wave

    def _looks_at(
        self, wave: Sequence[Target], now: datetime
    ) -> Iterator[tuple[str, int, list[Target]]]:
        """What is read before any of the wave is acted on: how many rows per call, for which."""
        stale = [one for one in wave if self._is_stale(one, now)]
        yield "DescribeInstances", PAGE, stale
        if self.job.reader.wanted is DiskLook.ALL:
            by_disks = [
                one
                for one in stale
                if one.instance.status is not Status.RUNNING and one.awaits is not Delete
            ]
            yield "DescribeDisks", 1, by_disks
            yield "DescribeSnapshots", 1, by_disks
        lacking = [one for one in wave if self.job.judge.lacks_tags(one.instance)]
        if lacking:
            yield "ListTagResources", TAG_PAGE, lacking

    def _as_ecs_allows(
        self, operation: str, group: Sequence[Target], now: datetime
    ) -> Sequence[Target]:
        outlook = self.job.inventory.client.outlook(operation, now)
        if outlook.opens_at > now:
            for target in group:
                target.put_off(operation, outlook.opens_at)
            return ()
        if outlook.calls is None or isinstance(group[0].step, NoCall):
            return group
        return group[: outlook.calls * group[0].step.batch]

    def _is_stale(self, target: Target, now: datetime) -> bool:
        age = now - target.instance.seen_at
        most = self.job.judge.rule.fresh_for - _TIME_TO_SEND
        return target.blind or isinstance(target.step, Wait) or age > most

    def _look(self, targets: Sequence[Target]) -> None:
        """Read their current state, with their disks; without disks for those being deleted.

        Deleted instances are not missed; one that is gone for no reason is looked up again, and so
        are the tags of one that was selected by them and now shows none.
        """
        now = self.job.clock.now()
        known = {one.instance.id: one.instance for one in targets}
        leaving = {
            one.instance.id for one in targets if one.awaits is Delete and one.is_patient(now)
        }
        staying = [key for key in known if key not in leaving]
        looked = self.job.inventory.look([key for key in known if key in leaving])
        staying_seen = self.job.inventory.look_twice(staying)
        bare = [key for key, one in staying_seen.items() if self.job.judge.has_lost_tags(one)]
        staying_seen |= self.job.inventory.look(bare) if bare else {}
        looked = {key: one.with_disks_of(known[key]) for key, one in looked.items()}
        looked |= self._with_disks(staying_seen, known)
        now = self.job.clock.now()
        for target in targets:
            target.see(looked.get(target.instance.id) or target.gone(now))

    def _with_disks(
        self, looked: Mapping[str, Instance], known: Mapping[str, Instance]
    ) -> Mapping[str, Instance]:
        reader = self.job.reader
        in_time = reader.inventory.in_turn_by(_of_use_until(looked.values()))
        return msgspec.structs.replace(reader, inventory=in_time).add(looked, known)

    def _decide(self, target: Target, now: datetime) -> None:
        """Judge its latest look; one failure does not block the others."""
        try:
            target.decide(self.job.judge, now)
        except Exception as error:  # noqa: BLE001  # as it says
            target.row = target.ended(Result.FAILED, log_unforeseen(error))

    def _ask_twice(self, wave: list[Target]) -> list[Target]:
        """Have a second API confirm missing tags that decide what is done.

        Returns those that may be acted on: not those that were not confirmed in time.
        """
        ready = [
            one
            for one in wave
            if one.row is None
            and (one.unsure or not isinstance(one.step, NoCall))
            and self.job.judge.lacks_tags(one.instance)
        ]
        if not ready:
            return wave
        ecs = self.job.inventory.in_turn_by(_of_use_until(one.instance for one in ready))
        checked = ecs.with_tags_checked([one.instance for one in ready])
        put_off: set[int] = set()
        for target, instance in zip(ready, checked, strict=True):
            if not instance.tags_checked:
                now = self.job.clock.now()
                opens_at = ecs.client.outlook("ListTagResources", now).opens_at
                target.unconfirmed += opens_at <= now
                if target.unconfirmed < _MOST_UNCONFIRMED:
                    target.put_off("ListTagResources", max(opens_at, now + _A_MOMENT))
                else:
                    target.row = target.ended(Result.PENDING, UNCONFIRMED_TAGS)
                put_off.add(id(target))
            else:
                target.instance = instance
                self._decide(target, self.job.clock.now())
        return [one for one in wave if id(one) not in put_off]

    def _act(self, wave: Iterable[Target]) -> None:
        """Make the calls that the wave is ready for, concurrently, batch by batch."""
        groups: dict[tuple[Call, int, bool], list[Target]] = defaultdict(list)
        for target in wave:
            step = target.step
            if target.row is None and not isinstance(step, NoCall):
                size = min(target.group, step.batch)
                groups[step, size, target.suspect].append(target)
        batches = [
            (call, targets[start : start + size])
            for (call, size, _), targets in groups.items()
            for start in range(0, len(targets), size)
        ]
        singles = all(call.batch == 1 for call, _ in batches)
        answers = self.job.inventory.side_by_side(
            self._perform, batches, at_once=SINGLES_AT_ONCE if singles else CALLS_AT_ONCE
        )
        now = self.job.clock.now()
        problems = [answer for answer in answers if isinstance(answer, Unavailable)]
        for (call, targets), answer in zip(batches, answers, strict=True):
            if not isinstance(answer, Unavailable):
                for target in targets:
                    outcome = answer[target.instance.id]
                    target.learn(call, outcome, len(targets), self.job.judge.rule, now)
        if problems:
            raise problems[0]

    def _perform(self, batch: tuple[Call, Sequence[Target]]) -> dict[str, Outcome] | Unavailable:
        call, targets = batch
        fresh_until = min(one.instance.seen_at for one in targets) + self.job.judge.rule.fresh_for
        try:
            return perform(
                self.job.inventory.client,
                call,
                [one.instance for one in targets],
                fresh_until - _TIME_TO_CONNECT,
            )
        except Unavailable as error:
            return error
        except Exception as error:  # noqa: BLE001  # it may have been done: a look will tell
            failure = lost(log_unforeseen(error))
            return {one.instance.id: failure for one in targets}

    def _sleep_until(self, moment: datetime) -> None:
        until = min(moment, self.job.deadline.work_until)
        self.job.clock.sleep(max(0.0, (until - self.job.clock.now()).total_seconds()))


def _of_use_until(looks: Iterable[Instance]) -> datetime | None:
    """When further reads come too late to act on these looks; None: there are none."""
    seen = [one.seen_at for one in looks]
    return min(seen) + FRESH_FOR - _TIME_TO_SEND if seen else None
