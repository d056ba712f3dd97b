"""The way to the emulator without the SDK, bytes or signatures: what the SDK would make of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from local.ecs.gateway.gateway import PLAIN, Answer, Gateway
from local.ecs.ram.caller import ALLOW_ALL, Authorizer, Caller
from shared.ecs.transport import ErrorResponse, NoResponse

Hook = Callable[[str, Mapping[str, str]], None]
"""Told of each call's operation and parameters."""


@dataclass
class Direct:
    """A transport that asks the emulated service itself, and takes the time that it takes.

    Attributes:
        authorizer: what the caller may.
        before: called before each call; what somebody else does at that moment.
        after: called when the service has done it, before Curfew is told.
    """

    gateway: Gateway
    authorizer: Authorizer = ALLOW_ALL
    before: Hook = lambda _operation, _parameters: None
    after: Hook = lambda _operation, _parameters: None

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        self.before(operation, parameters)
        answer = self.gateway.call(operation, parameters, Caller(authorizer=self.authorizer))
        self.after(operation, parameters)
        late_s = answer.delivery.delay_s + answer.delivery.pause_s
        self.gateway.engine.clock.sleep(min(late_s, timeout_s))
        if late_s > timeout_s or replace(answer.delivery, delay_s=0.0, pause_s=0.0) != PLAIN:
            raise NoResponse("nothing readable came back")
        return body_of(answer)

    def close(self) -> None:
        """Nothing is open."""


def body_of(answer: Answer) -> Mapping[str, Any]:
    """The body of an answer that arrived.

    Raises:
        ErrorResponse: it is an error.
    """
    if not answer.code:
        return answer.body
    after_ms = answer.headers.get("x-acs-retry-after")
    raise ErrorResponse(
        answer.status,
        answer.code,
        str(answer.body["Message"]),
        int(after_ms) / 1000 if after_ms else None,
    )
