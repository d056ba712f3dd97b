"""stop: turn instances off. Running → stopped; the disks are kept, and it can be started again."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from shared.action import Action, RequestTime
from shared.domain.guards import Harm
from shared.domain.power import StopRule
from shared.request.request import Request
from shared.request.stopping import Force, Mode, stop_rule
from shared.run import REAL_WORLD, World, run
from shared.settings.settings import FcContext


class StopRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The request of stop."""

    force: Force = False
    stopped_mode: Mode | UnsetType = UNSET
    wait: Annotated[
        bool,
        Meta(
            description="true to wait until ECS shows them as stopped, or false to wait only until "
            "it has accepted."
        ),
    ] = True


def _rule(request: StopRequest, when: RequestTime) -> StopRule:  # noqa: ARG001  # an Action's rule
    return stop_rule(request, wait=request.wait)


ACTION = Action("stop", StopRequest, Harm.OUTAGE, _rule)


def handler(event: bytes, context: FcContext, *, world: World = REAL_WORLD) -> dict[str, Any]:
    """Function Compute's entry point; see ``shared.run.run``."""
    return run(ACTION, event, context, world)
