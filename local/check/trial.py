"""A trial of a timer's request: the function is called with it at the timer's next time.

ECS is emulated in this process and has no instances, so nothing is sent anywhere. Whatever the
function would refuse, it refuses here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from io import StringIO
from typing import Any, Literal

import msgspec

from functions.set_auto_release import EARLIEST
from local.check.document import ACCOUNT
from local.check.function import Function
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import Fleet
from local.ecs.gateway.gateway import Gateway
from local.ecs.ram.caller import Caller
from local.fc.deployment import LONGEST_S, Deployment
from local.fc.pace import PacedClock
from local.fc.trigger_events import timer
from local.show.read_report import read_answer
from shared.base.times import parse_instant
from shared.ecs.transport import ErrorResponse
from shared.run import World

_SPEED = 1_000_000.0
_TIMEOUT_S = 60.0
_TELLS = ("CURFEW_NOTIFY", "CURFEW_LINK")
"""Variables by which a run notifies people; a trial has nothing to report."""


def refusal_of(function: Function, request: Mapping[str, object], at: datetime) -> tuple[str, bool]:
    """Why the function refuses a timer's request, "" if it does not; and whether it always will.

    It gets only Curfew's own variables: proxy and certificates belong to another machine. Invalid
    settings are reported elsewhere, and fail every call.

    Args:
        function: Whose timer it is.
        request: What the timer sends.
        at: When the timer fires next.
    """
    if function.settings is None:
        return "", False
    moment = at.astimezone(timezone.utc)
    outcome = _deployed(function, moment).invoke(function.name, timer(request, moment), StringIO())
    failure = read_answer(outcome).failure
    if failure and failure.error_type in {"InvalidEvent", "Refused"}:
        return failure.message, failure.error_type == "InvalidEvent"
    return _too_early(request, moment), False


def _deployed(function: Function, now: datetime) -> Deployment:
    """The function with its variables, and an empty account."""
    accounts = function.settings.accounts if function.settings else ()
    runtime: Literal["3.10", "3.12"] = (
        "3.12" if function.props.get("runtime") == "python3.12" else "3.10"
    )
    clock = PacedClock(now, _SPEED)
    ecs = _Empty(clock)

    def beside_it(world: World) -> World:
        return msgspec.structs.replace(world, connect=lambda _settings, _credentials: ecs)

    return Deployment(
        environ={
            key: value
            for key, value in function.environ.items()
            if key.startswith("CURFEW_") and not key.startswith(_TELLS)
        },
        clock=lambda: clock,
        runtime=runtime,
        timeout_s=_TIMEOUT_S,
        cut_off_s=LONGEST_S,
        region=function.region or "cn-hangzhou",
        account_id=min(accounts, default=ACCOUNT),
        around=beside_it,
    )


class _Empty:
    """A connection to an emulated account without instances, without socket or signature."""

    def __init__(self, clock: PacedClock) -> None:
        self._gateway = Gateway(Ecs(Fleet(), clock))

    def send(
        self,
        operation: str,
        parameters: Mapping[str, str],
        *,
        timeout_s: float,  # noqa: ARG002  # as its protocol has it; nothing here takes long
    ) -> Mapping[str, Any]:
        answer = self._gateway.call(operation, parameters, Caller())
        if answer.code:
            raise ErrorResponse(answer.status, answer.code, str(answer.body["Message"]))
        return answer.body

    def close(self) -> None:
        """Nothing is open."""


def _too_early(request: Mapping[str, object], at: datetime) -> str:
    """Why a fixed release time cannot be set anywhere; the function checks it per instance."""
    stated = request.get("release_at")
    if not isinstance(stated, str) or parse_instant(stated) >= at + EARLIEST:
        return ""
    return f"release_at: {stated} is less than 30 minutes after the timer fires next"
