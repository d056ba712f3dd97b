"""Calling a handler as Function Compute does, through the SDK, with ECS in this process.

The fixture ``call`` is one of these, over the fixture ``fake_ecs``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from local.ecs.account.durations import Durations
from local.ecs.account.quirks import Quirks
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import HANGZHOU, Fleet, InstanceSpec
from local.ecs.gateway.gateway import Answer
from local.ecs.gateway.request_log import Effect, Entry
from local.ecs.products import Product
from local.ecs.ram.caller import Caller
from local.fc.context import Runtime
from shared.base.clock import Deadline
from shared.ecs.client import Client
from shared.run import REAL_WORLD, World
from shared.settings.settings import Settings
from tests.harness.actions import Handler
from tests.harness.invocation import CREDENTIALS, ENVIRONMENT, make_context, one_by_one
from tests.harness.transport import Direct

if TYPE_CHECKING:  # pytest wants to be the first to import a plugin
    from local.ecs.fake import FakeEcs

Body = dict[str, Any]
DURATIONS = Durations()
QUIRKS = Quirks()


@dataclass(slots=True)
class Call:
    """Calls handlers on the emulator's clock, one call to ECS after another.

    Attributes:
        ecs: what the SDK reaches.
        monkeypatch: undoes what `meanwhile` does.
        by_sdk: through the SDK and the wire, or, four times as fast, right to the gateway.
        environ: the environment's variables.
    """

    ecs: FakeEcs
    monkeypatch: pytest.MonkeyPatch
    by_sdk: bool = True
    environ: dict[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))

    def __call__(
        self,
        handler: Handler,
        request: Mapping[str, object] | bytes,
        *,
        runtime: Runtime = "3.10",
        timeout_s: float = 600,
        region: str = HANGZHOU,
    ) -> dict[str, Any]:
        """What the handler answers; its error is raised."""
        event = request if isinstance(request, bytes) else json.dumps(request).encode()
        return handler(
            event, make_context(runtime, timeout_s=timeout_s, region=region), world=self.world
        )

    @property
    def world(self) -> World:
        """The emulator's clock, no threads."""
        made = World(
            clock=lambda: self.ecs.clock, side_by_side=one_by_one, environ=dict(self.environ)
        )
        if self.by_sdk:
            return made
        return msgspec.structs.replace(made, connect=lambda *_: Direct(self.ecs.gateway))

    def api(self, region: str = HANGZHOU, *, timeout_s: float = 600) -> Client:
        """One region's calls through the SDK, from now until this timeout."""
        deadline = Deadline.after(self.ecs.clock.now(), timedelta(seconds=timeout_s))
        transport = REAL_WORLD.connect(Settings(), CREDENTIALS)
        return Client(region, transport, self.ecs.clock, deadline)

    def fleet(
        self,
        *specs: InstanceSpec,
        durations: Durations = DURATIONS,
        quirks: Quirks = QUIRKS,
    ) -> None:
        """Have these instances instead of the default fleet."""
        self.ecs.gateway.engine = Ecs(
            Fleet(specs), self.ecs.clock, durations=durations, quirks=quirks
        )

    def meanwhile(
        self, action: str, write: Callable[[], object], *, times: int = 1, first: bool = False
    ) -> None:
        """Have somebody do something right after the first such requests, or right before."""
        gateway, answer = self.ecs.gateway, self.ecs.gateway.call
        left = [write] * times

        def answering(
            name: str,
            parameters: Mapping[str, str],
            caller: Caller,
            product: Product = Product.ECS,
        ) -> Answer:
            is_meant = name == action and bool(left)
            if is_meant and first:
                left.pop()()
            answered = answer(name, parameters, caller, product)
            if is_meant and not first:
                left.pop()()
            return answered

        self.monkeypatch.setattr(gateway, "call", answering)

    def shown(self, action: str, change: Callable[[Mapping[str, str], Body], Body]) -> None:
        """Have an operation's answers changed on their way: what was asked and said to what is."""
        gateway, answer = self.ecs.gateway, self.ecs.gateway.call

        def answering(
            name: str,
            parameters: Mapping[str, str],
            caller: Caller,
            product: Product = Product.ECS,
        ) -> Answer:
            answered = answer(name, parameters, caller, product)
            if name != action or answered.code:
                return answered
            return replace(answered, body=change(parameters, answered.body))

        self.monkeypatch.setattr(gateway, "call", answering)

    def statuses(self) -> dict[str, str]:
        """The status of every instance there is, by id."""
        return {one.instance_id: one.status.value for one in self.ecs.engine.instances()}

    def actions(self) -> list[str]:
        """The operations asked for, in order."""
        return list(self.ecs.log.actions())

    def writes(self) -> list[Entry]:
        """The requests that changed something."""
        return [one for one in self.ecs.log if one.effect is Effect.CHANGED]
