"""stop: turn instances off. Running → stopped; the disks stay, and can be started again."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from shared.action import Action, RequestTime
from shared.domain.guards import Harm
from shared.domain.instance import StoppedMode
from shared.domain.power import StopRule
from shared.request.request import Request
from shared.run import REAL_WORLD, World, run
from shared.settings import FcContext


class StopRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an event for stop may say."""

    force: Annotated[
        bool,
        Meta(
            description="true to power off, like pulling the plug, or false to let the system shut "
            "down."
        ),
    ] = False
    stopped_mode: (
        Annotated[
            Literal["StopCharging", "KeepCharging"],
            Meta(
                description='"StopCharging" (CPU and memory are not billed) or "KeepCharging". '
                "Default: the account's own setting."
            ),
        ]
        | UnsetType
    ) = UNSET
    wait: Annotated[
        bool,
        Meta(
            description="true to wait until ECS shows them as stopped, or false to wait only until "
            "it has accepted."
        ),
    ] = True


def _rule(request: StopRequest, when: RequestTime) -> StopRule:  # noqa: ARG001  # an Action's rule
    mode = None if request.stopped_mode is UNSET else StoppedMode(request.stopped_mode)
    return StopRule(force=request.force, stopped_mode=mode, wait=request.wait)


ACTION = Action("stop", StopRequest, Harm.OUTAGE, _rule)


def handler(event: bytes, context: FcContext, *, world: World = REAL_WORLD) -> dict[str, Any]:
    """Function Compute's entry point; see ``shared.run.run``."""
    return run(ACTION, event, context, world)
