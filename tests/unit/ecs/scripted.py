"""One region's client over a transport that answers by a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from local.ecs.clock import ManualClock
from shared.base.clock import Deadline
from shared.domain.outcome import NotSent
from shared.ecs.client import Answer, Client
from shared.ecs.transport import ErrorResponse

START = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
LATER = START + timedelta(days=2)
THROTTLED = ErrorResponse(400, "Throttling.User", "Request was denied due to user flow control.")
BODY: Mapping[str, Any] = {"RequestId": "1"}


@dataclass(slots=True)
class Script:
    """Answers as told, the last again and again, each after some seconds."""

    clock: ManualClock
    says: list[Mapping[str, Any] | Exception]
    takes_s: float = 0.0
    sent: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    timeouts: list[float] = field(default_factory=list)

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        self.sent.append((operation, parameters))
        self.timeouts.append(timeout_s)
        self.clock.sleep(min(self.takes_s, timeout_s))
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(said, Exception):
            raise said
        return said


def make(
    *says: Mapping[str, Any] | Exception,
    timeout_s: float = 600,
    takes_s: float = 0.0,
    region: str = "cn-hangzhou",
) -> tuple[Client, Script]:
    clock = ManualClock(START)
    script = Script(clock, list(says), takes_s)
    deadline = Deadline.after(START, timedelta(seconds=timeout_s))
    return Client(region, script, clock, deadline), script


def through_read(api: Client) -> Answer | NotSent:
    return api.read("DescribeInstances", {})


def through_write(api: Client) -> Answer | NotSent:
    return api.write("StopInstances", {}, LATER)


BOTH = pytest.mark.parametrize("act", [through_read, through_write])
Act = Callable[[Client], Answer | NotSent]
SOON = START + timedelta(seconds=20)
