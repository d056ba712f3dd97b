"""stop: turn instances off. Running → stopped; the disks stay, and can be started again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from shared.action import Action, Asked
from shared.guards import Harm
from shared.model import Instance, Status, StoppedMode
from shared.requests import Request
from shared.run import REAL_WORLD, World, run
from shared.settings import FcContext
from shared.steps import Done, Impossible, Rule, Step, Stop, Wait


class StopRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an event for stop may say."""

    force: Annotated[
        bool,
        Meta(
            description="true: power off, like pulling the plug; or false: let the system shut "
            "down."
        ),
    ] = False
    stopped_mode: (
        Annotated[
            Literal["StopCharging", "KeepCharging"],
            Meta(
                description='"StopCharging" (no charge for CPU and memory) or "KeepCharging". '
                "Left out: the account's default."
            ),
        ]
        | UnsetType
    ) = UNSET
    wait: Annotated[
        bool,
        Meta(description="true: stay until ECS shows them stopped; or false: until it accepted."),
    ] = True


class StopRule(Rule, frozen=True):
    """From what an instance is now to the next step towards being stopped."""

    force: bool
    stopped_mode: StoppedMode | None
    wait: bool

    def next_step(self, instance: Instance, now: datetime) -> Step:  # noqa: ARG002  # a Rule
        """The next step; a stopped instance in another mode than asked for stays as it is."""
        match instance.status:
            case Status.RUNNING:
                return Stop(self.force, self.stopped_mode)
            case Status.STOPPED:
                return Done(self._mode_difference(instance))
            case Status.STOPPING if not self.wait:
                return Done("ECS has accepted; it is stopping")
            case Status.GONE:
                return Impossible("ECS does not know this id", "InvalidInstanceId.NotFound")
            case _:
                return Wait(instance.status.value)

    def _mode_difference(self, instance: Instance) -> str:
        """ECS stops without a word in KeepCharging where it cannot do StopCharging."""
        if self.stopped_mode in {None, instance.stopped_mode}:
            return ""
        return f"stopped in mode {instance.stopped_mode.value}, not {self.stopped_mode.value}"


def _rule(request: StopRequest, asked: Asked) -> StopRule:  # noqa: ARG001  # an Action's rule
    mode = None if request.stopped_mode is UNSET else StoppedMode(request.stopped_mode)
    return StopRule(force=request.force, stopped_mode=mode, wait=request.wait)


ACTION = Action("stop", StopRequest, Harm.OUTAGE, _rule)


def handler(event: bytes, context: FcContext, *, world: World = REAL_WORLD) -> dict[str, Any]:
    """Function Compute's entry point; see ``shared.run.run``."""
    return run(ACTION, event, context, world)
