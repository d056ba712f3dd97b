"""clear_auto_release: remove an instance's release time, so that it is kept.

Shares no code with setting one: in ECS's API an omitted time clears, and nothing meant to set a
time may ever get here (ModifyInstanceAutoReleaseTime, API reference).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.action import Action, RequestTime
from shared.domain.guards import Harm
from shared.domain.instance import Instance, Status
from shared.domain.steps import UNKNOWN_ID, ClearAutoRelease, Done, Rule, Step
from shared.request.request import Request
from shared.run import REAL_WORLD, World, run
from shared.settings.settings import FcContext


class ClearAutoReleaseRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The request of clear_auto_release: nothing but which instances."""


class ClearAutoReleaseRule(Rule, frozen=True):
    """From an instance's current state to having no release time."""

    def next_step(self, instance: Instance, now: datetime) -> Step:  # noqa: ARG002  # a Rule
        """The next step."""
        if instance.status is Status.GONE:
            return UNKNOWN_ID
        return Done("no release time") if instance.auto_release_at is None else ClearAutoRelease()


def _rule(request: ClearAutoReleaseRequest, when: RequestTime) -> ClearAutoReleaseRule:  # noqa: ARG001  # an Action's rule
    return ClearAutoReleaseRule()


ACTION = Action("clear_auto_release", ClearAutoReleaseRequest, Harm.NONE, _rule)


def handler(event: bytes, context: FcContext, *, world: World = REAL_WORLD) -> dict[str, Any]:
    """Function Compute's entry point; see ``shared.run.run``."""
    return run(ACTION, event, context, world)
