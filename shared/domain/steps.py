"""What a rule may return: the next step for one instance.

    Step = Done | Wait | Skip | Impossible | Call
    Call = Stop | Start | Snapshot | Delete | SetAutoRelease | ClearAutoRelease

A rule looks at one instance and says what comes next. It never does it; equal calls for many
instances are made together, up to ``batch`` at once.
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
"""Most instances in one StopInstances, StartInstances, DeleteInstances (API reference)."""


class DiskLook(str, Enum):
    """Which disks a rule needs to see."""

    NONE = "none"
    NAMES = "names"  # every disk, without snapshots
    ALL = "all"  # every disk, with our snapshots of it


class Answered(str, Enum):
    """How ECS responds to a call that it accepts for several instances."""

    TOGETHER = "together"  # all of them or none
    EACH = "each"  # a code for each; one without is unknown (InstanceResponses, API reference)


class Done(msgspec.Struct, frozen=True):
    """The goal is reached."""

    reason: str = ""


class Wait(msgspec.Struct, frozen=True):
    """ECS is at work; look again later."""

    reason: str


class Skip(msgspec.Struct, frozen=True):
    """The instance is deliberately left as it is: the request would harm it."""

    reason: str


class Impossible(msgspec.Struct, frozen=True):
    """The goal cannot be reached for this instance; nothing is tried."""

    reason: str
    code: str = ""


UNKNOWN_ID = Impossible("ECS does not know this id", NOT_KNOWN)
"""What a rule returns for an id that ECS does not know, unless that is its goal."""


class Stop(msgspec.Struct, frozen=True):
    """StopInstances: ``force`` powers off; no mode: the account's default."""

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
    """One disk to be snapshotted; ``token`` makes the call idempotent."""

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
    """DeleteInstances: ``force`` also deletes running instances, like pulling the plug."""

    operation: ClassVar[str] = "DeleteInstances"
    batch: ClassVar[int] = MAX_BATCH
    answered: ClassVar[Answered] = Answered.TOGETHER
    force: bool


class SetAutoRelease(msgspec.Struct, frozen=True):
    """ModifyInstanceAutoReleaseTime with a time, which can therefore never clear one.

    Attributes:
        at: A whole minute, in the zone in which it is shown to people.
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
    """A pure decision: from the instance as ECS shows it now, and the time, to the next step.

    Attributes:
        doubts: Tag keys whose absence it acts on: a second API must confirm that one is missing
            first. In ``plain_key`` form.
        fresh_for: How old a look may be when a call that follows from it is sent.
    """

    doubts: ClassVar[tuple[str, ...]] = ()
    fresh_for: ClassVar[timedelta] = FRESH_FOR

    @abstractmethod
    def next_step(self, instance: Instance, now: datetime) -> Step:
        """What comes next for this instance; ``Status.GONE``: it does not exist."""

    def moment(self, now: datetime) -> datetime:
        """The time for which it is evaluated: now, unless a request sets another."""
        return now

    def harm(self, instance: Instance, now: datetime) -> Harm | None:  # noqa: ARG002  # most have one
        """The harm its next step can do to this instance; None: that of its action."""
        return None

    def sides(self, instances: Sequence[Instance]) -> Iterable[tuple[Rule, Sequence[Instance]]]:
        """The rule that brings each instance of the plan to its goal.

        The rule itself, except for a rule that does opposite things: the same run does not undo
        what it has begun to do to an instance.
        """
        return ((self, instances),)

    def warnings(self, instances: Iterable[Instance], now: datetime) -> Iterator[str]:  # noqa: ARG002  # a rule that adds nothing
        """What the report tells people about the rule as a whole."""
        return iter(())

    def calendar_until(self) -> int | None:
        """The last year that the calendar of working days covers, for a report that shows it."""
        return None

    def way(self, instance: Instance, now: datetime) -> str:
        """All the steps to the goal in words, with what remains and is billed, for a dry run."""
        step = self.next_step(instance, now)
        if not isinstance(step, Wait):
            return in_words(step)
        steps = (step, self.next_step(after_transition(instance), now))
        return ", ".join(filter(None, map(in_words, steps)))

    def awaited(self, instance: Instance) -> str:
        """What is said of an instance that was already changing when the run first looked."""
        return f"{instance.status.value} already, not by this run"

    def unchanged(self, before: Instance) -> str:  # noqa: ARG002  # a rule that adds nothing
        """What the report adds about an instance that reached the goal without this run; "".

        Args:
            before: As ECS showed it before the run.
        """
        return ""

    def left(self, instance: Instance) -> str:  # noqa: ARG002  # a rule that adds nothing
        """What an earlier run left unfinished on an instance that is now skipped; ""."""
        return ""

    def told(self, made: str, reason: str) -> str:
        """What a row says about an instance that changed: how it is now, or else what was done."""
        return reason or made

    def because(self, instance: Instance, now: datetime) -> str:  # noqa: ARG002  # a rule that adds nothing
        """Why its next step is a call, for the report once it was made; ""."""
        return ""

    def changed(self, before: Instance, after: Instance) -> str:  # noqa: ARG002  # a rule that adds nothing
        """What the report adds about an instance that this run changed; "": nothing.

        Args:
            before: As ECS showed it before the run.
            after: As ECS showed it last.
        """
        return ""
