"""An emulated account in this process, and the functions that are run against it.

No socket, no SDK, no fixture. Where these are the point, use the fixture ``call``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from local.ecs.account.quirks import Quirks
from local.ecs.clock import MANUAL_START, ManualClock
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import HANGZHOU, Fleet, InstanceSpec
from local.ecs.gateway.gateway import Gateway
from local.ecs.gateway.request_log import Entry
from local.fc.trigger_events import ENVELOPES, Request
from shared.run import World
from tests.harness.actions import HANDLERS, check_call
from tests.harness.invocation import ENVIRONMENT, make_context, one_by_one
from tests.harness.reports import report_in
from tests.harness.transport import Direct

REGION = HANGZHOU
NOW = MANUAL_START
"""A Monday, 18:00 in Shanghai."""

MANY_ALLOWED = {**ENVIRONMENT, "CURFEW_MAX_INSTANCES": "5000"}
"""For tests of large fleets that are about something else than the ceiling."""

DEV = {"team": "dev"}
FEW = tuple(InstanceSpec(f"dev-{number}", tags=DEV) for number in range(3))
MANY = tuple(InstanceSpec(f"dev-{number}", tags=DEV) for number in range(350))


@dataclass
class Stage:
    """An account with these instances, a month old unless they say it, and what runs against it.

    Attributes:
        transport: how runs reach it; its hooks may be set.
        environ: the function's environment.
    """

    instances: Iterable[InstanceSpec]
    quirks: Quirks = field(default_factory=Quirks)
    clock: ManualClock = field(default_factory=ManualClock)
    environ: dict[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))
    gateway: Gateway = field(init=False)
    transport: Direct = field(init=False)

    def __post_init__(self) -> None:
        month_ago = self.clock.now() - timedelta(days=30)
        aged = (replace(one, created_at=one.created_at or month_ago) for one in self.instances)
        engine = Ecs(Fleet(tuple(aged)), self.clock, quirks=self.quirks)
        self.gateway = Gateway(engine)
        self.transport = Direct(self.gateway)

    @property
    def engine(self) -> Ecs:
        """The account itself."""
        return self.gateway.engine

    def id_of(self, name: str) -> str:
        """The id of the instance with this name."""
        return next(one.instance_id for one in self.engine.instances() if one.name == name)

    def deliver(
        self,
        function: str,
        event: bytes,
        transport: Direct | None = None,
        *,
        timeout_s: float = 600,
    ) -> Any:  # noqa: ANN401  # a handler's answer
        """What the function answers to an event; raises what it raises."""
        world = World(
            clock=lambda: self.clock,
            side_by_side=one_by_one,
            connect=lambda _settings, _credentials: transport or self.transport,
            environ=self.environ,
        )
        before = len(self.gateway.log)
        try:
            return HANDLERS[function](event, make_context("3.12", timeout_s=timeout_s), world=world)
        finally:
            for entry in self.gateway.log.entries()[before:]:
                check_call(function, entry)

    def ask(self, function: str, request: Request, trigger: str = "direct") -> dict[str, Any]:
        """The report of a request that a trigger delivers now; raises what the function raises."""
        event = ENVELOPES[trigger](request, self.clock.now())
        return report_in(self.deliver(function, event))

    def writes(self) -> tuple[Entry, ...]:
        """The requests so far that would change something."""
        return self.gateway.log.mutating()

    def operations(self) -> tuple[str, ...]:
        """Their names, in order."""
        return tuple(one.action for one in self.writes())
