"""One instance on its way to the goal: what was read, called and returned in one run.

The rule decides from the look alone; what is remembered here only keeps a run from hammering ECS:
how often a call was in vain, when to look next, how large a batch it may share.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from shared.domain.instance import Disk, Instance, Status, given_up
from shared.domain.outcome import Accepted, NotSent, Outcome, Rejected
from shared.domain.plan import VANISHED, Judge, Result, Row
from shared.domain.retries import ADVICE, MAX_TRIES, Kind
from shared.domain.selection import ByIds
from shared.domain.steps import (
    MAX_BATCH,
    Call,
    ClearAutoRelease,
    Delete,
    Done,
    NoCall,
    Rule,
    SetAutoRelease,
    Snapshot,
    Step,
    Stop,
    Wait,
    in_words,
)

MAX_ACCEPTED = 3
"""How often one kind of call is made for an instance if accepted without lasting effect."""

ALREADY_DONE = "already done: "
"""How a row continues if its result does not say what this run did."""

PATIENCE = timedelta(seconds=60)
"""How long an accepted call may stay invisible before it is made again."""

_FIRST_LOOK_S, _LOOK_GROWTH, _LONGEST_LOOK_S = 1.0, 1.5, 10.0
_LONGEST_SNAPSHOT_LOOK_S = 30.0
_FIRST_TRY_AGAIN_S, _LONGEST_TRY_AGAIN_S, _LONGEST_BUSY_S = 0.5, 10.0, 30.0
LOOK_AGAIN_AFTER = timedelta(seconds=5)
"""ECS has been seen to omit an instance from two consecutive responses."""

_ON_ITS_WAY = frozenset({Status.STARTING, Status.STOPPING})
_AFTER_REFUSED_BATCH = timedelta(seconds=3)
"""In case ECS started on part of a batch that it refused, that part has time to vanish."""


class Target(msgspec.Struct, eq=False):
    """The state of one instance of the plan.

    Attributes:
        instance: The latest look.
        step: What the rule returned for it.
        due: When to look at it or act on it next.
        first: What the first look showed.
        blind: The look is no longer valid; look again before doing anything.
        group: The size of the largest batch that it may be part of.
        suspect: It was refused alone; from then on it is retried together with others like it.
        row: Its line in the report, once it is settled.
        unconfirmed: How often its missing tags could not be confirmed by a second response.
        unsure: It would be left alone because a tag is missing, which a second API must confirm
            first.
        made: What was done to it, in words.
        why: The reason for the first of these calls, when it was decided.
    """

    instance: Instance
    step: Step
    due: datetime
    first: Instance
    blind: bool = False
    group: int = MAX_BATCH
    suspect: bool = False
    row: Row | None = None
    unconfirmed: int = 0
    unsure: bool = False
    made: tuple[str, ...] = ()
    why: str = ""
    _throttled: str = ""
    _tries: dict[type[Call], int] = {}
    _accepted: dict[type[Call], int] = {}
    _last: Call | None = None
    _last_at: datetime | None = None
    _rejected: Rejected | None = None
    _looks: int = 0
    _misses: int = 0
    _doubted: dict[type[Call], str] = {}
    _deleted: bool = False
    _perhaps_deleted: bool = False
    _in_refused_batch: bool = False
    _disks: tuple[Disk, ...] | None = None

    @property
    def awaits(self) -> type[Call] | None:
        """The kind of call whose effect is awaited; None: not this run's."""
        return type(self._last) if self._last is not None else None

    def see(self, instance: Instance) -> None:
        """Take in a new look."""
        if self.instance.disks is not None:
            self._disks = self.instance.disks
        self.instance, self.blind, self._throttled = instance, False, ""

    def gone(self, now: datetime) -> Instance:
        """The instance that ECS no longer shows, with its disks as last read.

        The last look may lack them: throttling left no time to read them.
        """
        disks = self._disks if self.instance.disks is None else self.instance.disks
        return msgspec.structs.replace(self.instance.gone(now), disks=disks)

    def put_off(self, operation: str, opens_at: datetime) -> None:
        """Wait for its turn with this operation, which ECS throttles until then."""
        self.due = max(self.due, opens_at)
        self._throttled = operation

    def decide(self, judge: Judge, now: datetime) -> None:
        """Judge the latest look: settle, wait, or be ready for a call."""
        if self._is_missing() and self._misses == 0:
            self._misses += 1
            self.step, self.blind = Wait("ECS does not show it"), True
            self.due = now + LOOK_AGAIN_AFTER
            return
        row = judge.row_if_left_alone(self.instance, now)
        self.unsure = row is not None and judge.is_left_in_doubt(self.instance, row, now)
        if self.unsure:
            return
        if row is not None:
            vanished = self._is_missing() and not self._perhaps_deleted
            self.row = self._vanished(row, judge) if vanished else self._final(row, judge.rule)
            return
        self._misses = 0
        self.step = judge.rule.next_step(self.instance, now)
        if self._last is None and not isinstance(self.step, NoCall):
            self.why = judge.rule.because(self.instance, now)
        if isinstance(self.step, Wait):
            self._wait(self.step.reason, now)
        elif self._last is not None and _repeats(self.step, self._last) and self.is_patient(now):
            self._wait(f"{in_words(self._last)} was accepted, ECS does not show it yet", now)
        elif self._accepted.get(Delete, 0) >= MAX_ACCEPTED and isinstance(self.step, Delete):
            self._wait("its deletion was accepted; ECS still shows it", now)
        elif problem := self._exhausted():
            code = self._rejected.code if self._rejected else ""
            reason = f"{problem}{self._afterwards()}"
            self.row = Row(self.instance, Result.FAILED, reason, code)

    def learn(self, call: Call, outcome: Outcome, batch: int, rule: Rule, now: datetime) -> None:
        """Take in ECS's response to a call made in a batch of this size."""
        match outcome:
            case NotSent(before):
                self._note(call, before)
                self.due = now
            case Accepted(instance, made):
                self.made = (*self.made, made or in_words(call))
                self._accept(call, instance, rule, now)
            case Rejected():
                self._reject(call, outcome, batch, now)

    def is_patient(self, now: datetime) -> bool:
        """Was the last call accepted so recently that its effect may still be on its way?"""
        return (
            self._last_at is not None and self._rejected is None and now - self._last_at < PATIENCE
        )

    def pending(self, rule: Rule) -> Row:
        """The row of an instance for which time ran out."""
        if not isinstance(self.step, Wait):
            waiting = f"next: {in_words(self.step)}"
        elif self.instance.status in _ON_ITS_WAY and self.instance.status is self.first.status:
            waiting = rule.awaited(self.instance)
        else:
            waiting = self.step.reason
        if self._rejected and self._rejected.message:
            waiting += f" ({self._rejected.message})"
        if self._throttled:
            waiting += f" (ECS throttles {self._throttled})"
        return self.ended(Result.PENDING, f"ran out of time; {waiting}")

    def ended(self, result: Result, reason: str, code: str = "") -> Row:
        """The row of an instance for which the run ended before it was settled."""
        code = code or (self._rejected.code if self._rejected else "")
        return Row(self.instance, result, f"{reason}{self._afterwards()}", code)

    def _accept(self, call: Call, instance: Instance, rule: Rule, now: datetime) -> None:
        self.instance = instance
        self._doubted.pop(type(call), None)
        self._accepted[type(call)] = self._accepted.get(type(call), 0) + 1
        self._last, self._last_at, self._rejected, self._looks = call, now, None, 0
        self._deleted |= isinstance(call, Delete)
        step = rule.next_step(instance, now)
        if instance.status in {Status.STOPPING, Status.STARTING} and isinstance(step, Done):
            self.row = self._final(Row(instance, Result.UNCHANGED, step.reason), rule)
            return
        self.step = Wait(f"{in_words(call)} was accepted")
        self.due = now + self._look_interval()

    def _note(self, call: Call, before: str) -> None:
        """Record the part of a call that was done before the rest failed."""
        if before:
            self.made = (*self.made, before)
            self._last = call

    def _reject(self, call: Call, rejected: Rejected, batch: int, now: datetime) -> None:
        self._rejected = rejected
        self.blind = True
        self.due = now
        self._note(call, rejected.before)
        if rejected.in_doubt and rejected.alone:
            self._doubted[type(call)] = in_words(call)
        else:
            self._doubted.pop(type(call), None)
        if rejected.kind is Kind.DENIED:
            reason = f"{rejected.message}{self._afterwards()}"
            self.row = Row(self.instance, Result.FAILED, reason, rejected.code)
            return
        if rejected.in_doubt:
            # What looks show from now on counts as our doing; after a refused batch only perhaps.
            self._last = call
            self._perhaps_deleted |= isinstance(call, Delete) and rejected.alone
            self._in_refused_batch |= isinstance(call, Delete) and not rejected.alone
        kind = type(call)
        if rejected.alone or self.suspect or rejected.kind is Kind.STATUS:
            self._tries[kind] = self._tries.get(kind, 0) + 1
        if not (rejected.alone or self.suspect):
            self.group = max(1, batch // 2)
            self.due = now + _AFTER_REFUSED_BATCH
            return
        self.suspect |= batch == 1
        if self.suspect:
            self.group = 1 if self._tries_alone_next(kind, rejected.kind) else MAX_BATCH
        if rejected.kind in {Kind.PASSING, Kind.STATUS, Kind.BUSY}:
            self.due = now + self._try_again_interval(kind, rejected.kind)

    def _tries_alone_next(self, call: type[Call], kind: Kind) -> bool:
        """Is it time to try it alone again? One that would succeed must not wait for the others."""
        limit, tries = MAX_TRIES.get(kind), self._tries[call]
        return tries % 3 == 0 if limit is None else tries >= limit - 1

    def _wait(self, reason: str, now: datetime) -> None:
        self.step = Wait(reason)
        self._looks += 1
        self.due = now + self._look_interval()

    def _exhausted(self) -> str:
        """Why the call is not repeated; "" if it is."""
        if isinstance(self.step, NoCall):
            return ""
        kind = type(self.step)
        if self._rejected and self._rejected.alone:
            limit = MAX_TRIES.get(self._rejected.kind)
            if limit is not None and self._tries.get(kind, 0) >= limit:
                advice = ADVICE.get(self._rejected.code)
                said = self._rejected.message or "refused"
                said = f"{said.removesuffix('.')}; {advice}" if advice else said
                return f"{in_words(self.step)}: {said}"
        if self._accepted.get(kind, 0) >= MAX_ACCEPTED:
            return f"{in_words(self.step)}: accepted {MAX_ACCEPTED} times without lasting effect"
        return ""

    def _is_missing(self) -> bool:
        """Is it missing although ECS accepted no deletion from this run?"""
        return self.instance.status is Status.GONE and not self._deleted

    def _vanished(self, row: Row, judge: Judge) -> Row:
        """The row of an instance that somebody else apparently released.

        If it was selected by id, it is ``failed``, unless release was the request.
        """
        if self._in_refused_batch:
            refused = "ECS had refused the batch that it was in, so perhaps not by this run"
            reason = f"{row.reason}; {refused}"
            return Row(row.instance, Result.CHANGED, reason)
        if row.result is Result.FAILED and isinstance(judge.selection, ByIds):
            return msgspec.structs.replace(row, reason=f"{VANISHED}{self._afterwards()}")
        if self.made:
            reason = f"{', '.join(self.made)}; {VANISHED}{self._perhaps()}"
            return Row(row.instance, Result.CHANGED, reason)
        return Row(row.instance, Result.UNCHANGED, f"{VANISHED}{self._perhaps()}")

    def _final(self, row: Row, rule: Rule) -> Row:
        """The row's wording if this run has done something to the instance."""
        if row.result is not Result.UNCHANGED:
            return msgspec.structs.replace(row, reason=f"{row.reason}{self._afterwards()}")
        if self._last is not None:
            said = rule.told(", ".join(self.made), row.reason)
            told = (said, rule.changed(self.first, row.instance), self.why)
            return Row(row.instance, Result.CHANGED, "; ".join(part for part in told if part))
        refused = f"ECS had refused it with {self._rejected.code}" if self._rejected else ""
        also = (row.reason, rule.unchanged(self.first), refused)
        return msgspec.structs.replace(row, reason="; ".join(part for part in also if part))

    def _afterwards(self) -> str:
        """What this run did, and what it may have done, for a row that does not say so itself."""
        done = f"; {ALREADY_DONE}{', '.join(self.made)}" if self.made else ""
        lost = given_up(self.first, self.instance) if self._accepted.get(Stop) else ""
        return done + (f"; {lost}" if lost else "") + self._perhaps()

    def _perhaps(self) -> str:
        return f"; possibly done: {', '.join(self._doubted.values())}" if self._doubted else ""

    def _look_interval(self) -> timedelta:
        """Deletions and release times show immediately; power and snapshots take time."""
        if self._looks == 0 and isinstance(self._last, Delete | SetAutoRelease | ClearAutoRelease):
            return timedelta(0)
        longest = _LONGEST_SNAPSHOT_LOOK_S if isinstance(self._last, Snapshot) else _LONGEST_LOOK_S
        grown = _FIRST_LOOK_S * _LOOK_GROWTH ** min(self._looks, 20)
        return timedelta(seconds=min(grown, longest))

    def _try_again_interval(self, call: type[Call], kind: Kind) -> timedelta:
        longest = _LONGEST_BUSY_S if kind is Kind.BUSY else _LONGEST_TRY_AGAIN_S
        grown = _FIRST_TRY_AGAIN_S * 2.0 ** min(self._tries[call] - 1, 10)
        return timedelta(seconds=min(grown, longest))


def _repeats(step: Step, last: Call) -> bool:
    """Is this the last call once more?

    A release time that has come too close advances with the clock until one is set, so any counts
    as the same here: an accepted one is not moved because it does not show yet.
    """
    return step == last or (isinstance(step, SetAutoRelease) and isinstance(last, SetAutoRelease))
