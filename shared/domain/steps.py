"""What a rule may answer: the next step of one instance.

    Step = Done | Wait | Skip | Impossible | Call
    Call = Stop | Start | Snapshot | Delete | SetAutoRelease | ClearAutoRelease

A rule looks at one instance and says what comes next. It never does it; equal calls of many
instances are made together, as many as its ``batch`` at once.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar

import msgspec

from shared.base.printable import counted
from shared.domain.guards import FRESH_FOR, Harm
from shared.domain.instance import Instance, StoppedMode, after_transition

NOT_KNOWN = "InvalidInstanceId.NotFound"
"""ECS's code for an id that it does not know (StopInstances, API reference)."""

MAX_BATCH = 100
"""Most instances of one StopInstances, StartInstances, DeleteInstances (API reference)."""


class DiskLook(str, Enum):
    """Which disks a rule wants to see."""

    NONE = "none"
    NAMES = "names"  # every disk, without snapshots
    ALL = "all"  # every disk, with our snapshots of it


class Answered(str, Enum):
    """How ECS answers a call that it accepts for several instances."""

    TOGETHER = "together"  # all of them or none
    EACH = "each"  # a code for each; who has none is unknown (InstanceResponses, API reference)


class Done(msgspec.Struct, frozen=True):
    """The goal is reached."""

    reason: str = ""


class Wait(msgspec.Struct, frozen=True):
    """ECS is at work; look again later."""

    reason: str


class Skip(msgspec.Struct, frozen=True):
    """The instance is left as it is on purpose: what was asked for would harm it."""

    reason: str


class Impossible(msgspec.Struct, frozen=True):
    """The goal cannot be reached for this instance; nothing of it is tried."""

    reason: str
    code: str = ""


UNKNOWN_ID = Impossible("ECS does not know this id", NOT_KNOWN)
"""What a rule says to an id that ECS does not know, unless that is its goal."""


class Stop(msgspec.Struct, frozen=True):
    """StopInstances: ``force`` is a power-off; no mode: the account's default."""

    operation: ClassVar[str] = "StopInstances"
    batch: ClassVar[int] = MAX_BATCH
    answered: ClassVar[Answered] = Answered.EACH
    force: bool
    stopped_mode: StoppedMode | None = None


class Start(msgspec.Struct, frozen=True):
    """StartInstances."""

    operation: ClassVar[str] = "StartInstances"
    batch: ClassVar[int] = MAX_BATCH
    answered: ClassVar[Answered] = Answered.EACH


class DiskSnapshot(msgspec.Struct, frozen=True):
    """One disk to be snapshotted; ``token`` makes asking twice the same as asking once."""

    disk_id: str
    token: str


class Snapshot(msgspec.Struct, frozen=True):
    """CreateSnapshot of these disks, kept for ``retention_days`` (1 to 65,536)."""

    operation: ClassVar[str] = "CreateSnapshot"
    batch: ClassVar[int] = 1
    answered: ClassVar[Answered] = Answered.TOGETHER
    disks: tuple[DiskSnapshot, ...]
    retention_days: int


class Delete(msgspec.Struct, frozen=True):
    """DeleteInstances: ``force`` also takes what is not stopped, like pulling the plug."""

    operation: ClassVar[str] = "DeleteInstances"
    batch: ClassVar[int] = MAX_BATCH
    answered: ClassVar[Answered] = Answered.TOGETHER
    force: bool


class SetAutoRelease(msgspec.Struct, frozen=True):
    """ModifyInstanceAutoReleaseTime with a time, which can therefore never clear one.

    Attributes:
        at: A whole minute, in the zone in which people are told of it.
    """

    operation: ClassVar[str] = "ModifyInstanceAutoReleaseTime"
    batch: ClassVar[int] = 1
    answered: ClassVar[Answered] = Answered.TOGETHER
    at: datetime


class ClearAutoRelease(msgspec.Struct, frozen=True):
    """ModifyInstanceAutoReleaseTime without a time."""

    operation: ClassVar[str] = "ModifyInstanceAutoReleaseTime"
    batch: ClassVar[int] = 1
    answered: ClassVar[Answered] = Answered.TOGETHER


NoCall = Done | Wait | Skip | Impossible
Call = Stop | Start | Snapshot | Delete | SetAutoRelease | ClearAutoRelease
Step = NoCall | Call


def in_words(step: Step) -> str:  # noqa: PLR0911  # one a step
    """A step as people say it: "stop", "snapshot 2 disks", "wait: Stopping"."""
    match step:
        case Stop(force, stopped_mode):
            return ("power off" if force else "stop") + (
                f" ({stopped_mode.value})" if stopped_mode else ""
            )
        case Start():
            return "start"
        case Snapshot(disks):
            return f"snapshot {counted(len(disks), 'disk')}"
        case Delete(force):
            return "release by force" if force else "release"
        case SetAutoRelease(at):
            return f"set release time {at.isoformat(timespec='seconds')}"
        case ClearAutoRelease():
            return "clear release time"
        case Wait(reason):
            return f"wait: {reason}"
        case Done(reason) | Skip(reason) | Impossible(reason):
            return reason


class Rule(msgspec.Struct, frozen=True):
    """A pure decision: the instance as ECS shows it now, and the time, to the next step.

    Attributes:
        doubts: Tag keys on whose absence it decides: that one is missing must be shown by a second
            API before anything follows from it. As ``plain_key`` has them.
        fresh_for: How old a look may be when a call that follows from it is sent.
    """

    doubts: ClassVar[tuple[str, ...]] = ()
    fresh_for: ClassVar[timedelta] = FRESH_FOR

    @abstractmethod
    def next_step(self, instance: Instance, now: datetime) -> Step:
        """What comes next for this instance; ``Status.GONE`` is an instance not there."""

    def moment(self, now: datetime) -> datetime:
        """As of when it is asked: now, unless a request says another time."""
        return now

    def harm(self, instance: Instance, now: datetime) -> Harm | None:  # noqa: ARG002  # most have one
        """What its next step can do to this instance; None: what its action can do to any."""
        return None

    def sides(self, instances: Sequence[Instance]) -> Iterable[tuple[Rule, Sequence[Instance]]]:
        """By which rule each instance of the plan is brought to its goal.

        Itself, but for a rule that does opposite things: what it has begun to do to an instance is
        not undone by the same run.
        """
        return ((self, instances),)

    def warnings(self, instances: Iterable[Instance], now: datetime) -> Iterator[str]:  # noqa: ARG002  # a rule that adds nothing
        """What the report says to people about the rule as a whole."""
        return iter(())

    def calendar_until(self) -> int | None:
        """The last year that the calendar of working days knows, for a report that says so."""
        return None

    def way(self, instance: Instance, now: datetime) -> str:
        """The whole way to the goal in in_words, with what stays and is billed, for a dry run."""
        step = self.next_step(instance, now)
        if not isinstance(step, Wait):
            return in_words(step)
        steps = (step, self.next_step(after_transition(instance), now))
        return ", ".join(filter(None, map(in_words, steps)))

    def awaited(self, instance: Instance) -> str:
        """What is said of one that was on its way already when the run first looked."""
        return f"{instance.status.value} already, not by this run"

    def unchanged(self, before: Instance) -> str:  # noqa: ARG002  # a rule that adds nothing
        """What the report adds about an instance that got to the goal without this run; "".

        Args:
            before: As ECS showed it before the run.
        """
        return ""

    def left(self, instance: Instance) -> str:  # noqa: ARG002  # a rule that adds nothing
        """What an earlier run has left of the work on an instance that is skipped now; ""."""
        return ""

    def told(self, made: str, reason: str) -> str:
        """What a row says of an instance that changed: how it is now, or else what was done."""
        return reason or made

    def because(self, instance: Instance, now: datetime) -> str:  # noqa: ARG002  # a rule that adds nothing
        """Why its next step is a call, for the report when that was made; ""."""
        return ""

    def changed(self, before: Instance, after: Instance) -> str:  # noqa: ARG002  # a rule that adds nothing
        """What the report adds about an instance that this run changed; "": nothing.

        Args:
            before: As ECS showed it before the run.
            after: As ECS showed it last.
        """
        return ""
