"""The rules of turning instances off and on, for every action that does either. Pure."""

from __future__ import annotations

from datetime import datetime

from shared.domain.instance import (
    Instance,
    Status,
    StoppedMode,
    after_transition,
    given_up,
    hindered,
    public_address,
    stopped_in_words,
)
from shared.domain.steps import UNKNOWN_ID, Done, Rule, Start, Step, Stop, Wait, in_words

HANGS = (
    "it was already stopping when this run first read it (ECS does not say since when), and ECS "
    "powers off only running instances: wait; if it hangs, try Force Stop in the ECS console or "
    "ask Alibaba Cloud support"
)
"""What is said if force was requested."""


class StopRule(Rule, frozen=True):
    """From an instance's current state to the next step towards being stopped."""

    force: bool
    stopped_mode: StoppedMode | None
    wait: bool

    def next_step(self, instance: Instance, now: datetime) -> Step:  # noqa: ARG002  # a Rule
        """The next step; an instance already stopped in another mode is left as it is."""
        match instance.status:
            case Status.RUNNING:
                return Stop(self.force, self.stopped_mode)
            case Status.STOPPED:
                return Done(self._mode(instance))
            case Status.STOPPING if not self.wait:
                return Done("accepted by ECS; it is stopping")
            case Status.GONE:
                return UNKNOWN_ID
            case _:
                return Wait(instance.status.value)

    def way(self, instance: Instance, now: datetime) -> str:
        """The stop, its mode, and what that costs this instance, or cannot do for it."""
        after = after_transition(instance)
        looks = (instance,) if after.status is instance.status else (instance, after)
        steps = [self._in_words(self.next_step(one, now), one) for one in looks]
        consequence = self._consequence(instance)
        return "; ".join(filter(None, (", ".join(filter(None, steps)), consequence)))

    def told(self, made: str, reason: str) -> str:
        """What was done, and in which mode it is stopped if that has not been said yet."""
        return "; ".join(part for part in (made, reason) if part)

    def unchanged(self, before: Instance) -> str:
        """A note that force had no effect: a caller must not believe that it was used."""
        is_late = self.force and before.status is Status.STOPPING
        return "force was not used: it was stopping already" if is_late else ""

    def awaited(self, instance: Instance) -> str:
        """Nothing can be done about one that hangs while stopping, with or without force."""
        if not (self.force and instance.status is Status.STOPPING):
            return super().awaited(instance)
        return HANGS

    def changed(self, before: Instance, after: Instance) -> str:
        """What became of its static public address."""
        if after.status is not Status.STOPPED:
            return self._consequence(before)
        return given_up(before, after)

    def _consequence(self, instance: Instance) -> str:
        """What the stopped mode means for this instance, as far as is known beforehand.

        StopCharging gives up the static public address ("Economical mode", ECS user guide).
        """
        why_not = hindered(instance)
        match self.stopped_mode:
            case StoppedMode.STOP_CHARGING if why_not:
                return f"StopCharging will have no effect: {why_not}"
            case StoppedMode.STOP_CHARGING if instance.public_ip:
                return f"gives up {public_address(instance)}"
            case None if instance.public_ip and not why_not:
                may_lose = f"may give up {public_address(instance)}"
                return f"{may_lose}, if the account's default is economical mode"
        return ""

    def _in_words(self, step: Step, instance: Instance) -> str:
        """A step; for a stop, with the mode that ECS will use if none is set."""
        by_default = isinstance(step, Stop) and self.stopped_mode is None
        mode = " (the account's default mode)" if by_default and not hindered(instance) else ""
        return f"{in_words(step)}{mode}"

    def _mode(self, instance: Instance) -> str:
        """The mode that a stopped instance is in, unless it is the requested one.

        ECS silently stops in KeepCharging if it cannot do StopCharging.
        """
        mode, asked, why_not = instance.stopped_mode, self.stopped_mode, hindered(instance)
        if asked in {None, mode}:
            return "" if asked else stopped_in_words(instance)
        if asked is StoppedMode.STOP_CHARGING and why_not:
            told = (stopped_in_words(instance), f"StopCharging has no effect: {why_not}")
            return "; ".join(part for part in told if part)
        if why_not:
            return ""
        billed = ": still billed" if mode is StoppedMode.KEEP_CHARGING else ""
        return (
            f"stopped in {mode.value}, not {asked.value}{billed}; to change that, start it and "
            "stop it again"
        )


class StartRule(Rule, frozen=True):
    """From an instance's current state to the next step towards running."""

    wait: bool

    def next_step(self, instance: Instance, now: datetime) -> Step:  # noqa: ARG002  # a Rule
        """The next step."""
        match instance.status:
            case Status.STOPPED:
                return Start()
            case Status.RUNNING:
                return Done()
            case Status.STARTING if not self.wait:
                return Done("accepted by ECS; it is starting")
            case Status.GONE:
                return UNKNOWN_ID
            case _:
                return Wait(instance.status.value)
