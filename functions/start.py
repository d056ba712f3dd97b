"""start: turn instances on again. Stopped → running.

It loses nothing, but it costs: ``curfew:protect`` and ``curfew:keep-off-until`` keep it off.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta

from shared.action import Action, RequestTime
from shared.domain.guards import Harm
from shared.domain.instance import Instance, Status
from shared.domain.steps import Done, Impossible, Rule, Start, Step, Wait
from shared.request.request import Request
from shared.run import REAL_WORLD, World, run
from shared.settings import FcContext


class StartRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an event for start may say."""

    wait: Annotated[
        bool,
        Meta(
            description="true to wait until ECS shows them as running, or false to wait only until "
            "it has accepted."
        ),
    ] = True


class StartRule(Rule, frozen=True):
    """From what an instance is now to the next step towards running."""

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
                return Impossible("ECS does not know this id", "InvalidInstanceId.NotFound")
            case _:
                return Wait(instance.status.value)


def _rule(request: StartRequest, when: RequestTime) -> StartRule:  # noqa: ARG001  # an Action's rule
    return StartRule(wait=request.wait)


ACTION = Action("start", StartRequest, Harm.COST, _rule)


def handler(event: bytes, context: FcContext, *, world: World = REAL_WORLD) -> dict[str, Any]:
    """Function Compute's entry point; see ``shared.run.run``."""
    return run(ACTION, event, context, world)
