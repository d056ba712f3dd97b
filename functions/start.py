"""start: turn instances back on. Stopped → running.

It loses nothing, but it costs: ``curfew:protect`` and ``curfew:keep-off-until`` prevent it.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from shared.action import Action, RequestTime
from shared.domain.guards import Harm
from shared.domain.power import StartRule
from shared.request.request import Request
from shared.run import REAL_WORLD, World, run
from shared.settings.settings import FcContext


class StartRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The request of start."""

    wait: Annotated[
        bool,
        Meta(
            description="true to wait until ECS shows them as running, or false to wait only until "
            "it has accepted."
        ),
    ] = True


def _rule(request: StartRequest, when: RequestTime) -> StartRule:  # noqa: ARG001  # an Action's rule
    return StartRule(wait=request.wait)


ACTION = Action("start", StartRequest, Harm.COST, _rule)


def handler(event: bytes, context: FcContext, *, world: World = REAL_WORLD) -> dict[str, Any]:
    """Function Compute's entry point; see ``shared.run.run``."""
    return run(ACTION, event, context, world)
