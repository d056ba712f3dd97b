"""Calling a function as Function Compute does, with ECS in this process and time as a value."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import msgspec
import pytest

from local.ecs.account.durations import Durations
from local.ecs.account.quirks import Quirks
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import HANGZHOU, Fleet, InstanceSpec
from local.ecs.gateway.gateway import PLAIN, Answer
from local.ecs.gateway.request_log import Effect, Entry
from local.ecs.ram.caller import Caller
from local.fc.context import Context, Runtime, context
from local.fc.deployment import function_names
from shared.action import Action
from shared.clock import Deadline
from shared.ecs.client import Client
from shared.ecs.sdk import SdkTransport
from shared.ecs.transport import ErrorResponse, NoResponse
from shared.parallel import one_by_one
from shared.run import World
from shared.settings import Credentials, Settings

if TYPE_CHECKING:  # pytest wants to be the first to import a plugin
    from local.ecs.testing import FakeEcs

Handler = Callable[..., dict[str, Any]]
Body = dict[str, Any]
T = TypeVar("T")
U = TypeVar("U")

MODULES = {name: import_module(f"functions.{name}") for name in function_names()}
HANDLERS: dict[str, Handler] = {name: module.handler for name, module in MODULES.items()}
ACTIONS: dict[str, Action[Any]] = {name: module.ACTION for name, module in MODULES.items()}
RUNTIMES: tuple[Runtime, ...] = get_args(Runtime)
ACCOUNT = "123456789012"
REQUEST_ID = "1-66aa"
CREDENTIALS = Credentials("local", "local")
DURATIONS = Durations()
QUIRKS = Quirks()


def make_context(
    runtime: Runtime = "3.10", *, timeout_s: float = 600, region: str = HANGZHOU
) -> Context:
    """What Function Compute hands over; only runtime 3.10 has credentials in it."""
    return context(
        runtime,
        request_id=REQUEST_ID,
        function_name="curfew",
        region=region,
        account_id=ACCOUNT,
        credentials=CREDENTIALS,
        timeout_s=timeout_s,
    )


def bounded(work: Callable[[T], U], items: Sequence[T], /, *, at_once: int) -> list[U]:
    """One after another, but as strict about the bound as the threads of real life."""
    assert at_once >= 1
    return one_by_one(work, items, at_once=at_once)


@dataclass(frozen=True, slots=True)
class Direct:
    """The transport without the SDK: what it would make of the service's answers."""

    ecs: FakeEcs

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        answer = self.ecs.gateway.call(operation, parameters, Caller())
        late_s = answer.delivery.delay_s + answer.delivery.pause_s
        self.ecs.clock.sleep(min(late_s, timeout_s))
        if late_s > timeout_s or replace(answer.delivery, delay_s=0.0) != PLAIN:
            raise NoResponse("nothing readable came back")
        if answer.code:
            after_ms = answer.headers.get("x-acs-retry-after")
            raise ErrorResponse(
                answer.status,
                answer.code,
                answer.body["Message"],
                int(after_ms) / 1000 if after_ms else None,
            )
        return answer.body

    def close(self) -> None:
        """Nothing is open."""


@dataclass(slots=True)
class Call:
    """Calls handlers on the emulator's clock, one call to ECS after another.

    Attributes:
        ecs: what the SDK reaches.
        monkeypatch: undoes what `meanwhile` does.
        by_sdk: through the SDK and the wire, or, four times as fast, right to the gateway.
        environ: the environment's variables; with the key that runtime 3.12 takes from there.
    """

    ecs: FakeEcs
    monkeypatch: pytest.MonkeyPatch
    by_sdk: bool = True
    environ: dict[str, str] = field(
        default_factory=lambda: {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "local",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "local",
        }
    )

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
        made = World(clock=lambda: self.ecs.clock, side_by_side=bounded, environ=dict(self.environ))
        if self.by_sdk:
            return made
        return msgspec.structs.replace(made, connect=lambda *_: Direct(self.ecs))

    def api(self, region: str = HANGZHOU, *, timeout_s: float = 600) -> Client:
        """One region's calls through the SDK, from now until this timeout."""
        deadline = Deadline.after(self.ecs.clock.now(), timedelta(seconds=timeout_s))
        transport = SdkTransport(Settings(), CREDENTIALS, connections=1)
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

        def answering(name: str, parameters: Mapping[str, str], caller: Caller) -> Answer:
            is_meant = name == action and bool(left)
            if is_meant and first:
                left.pop()()
            answered = answer(name, parameters, caller)
            if is_meant and not first:
                left.pop()()
            return answered

        self.monkeypatch.setattr(gateway, "call", answering)

    def shown(self, action: str, change: Callable[[Mapping[str, str], Body], Body]) -> None:
        """Have an operation's answers changed on their way: what was asked and said to what is."""
        gateway, answer = self.ecs.gateway, self.ecs.gateway.call

        def answering(name: str, parameters: Mapping[str, str], caller: Caller) -> Answer:
            answered = answer(name, parameters, caller)
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


def row(instance_id: str, result: str, reason: str = "", **other: str) -> dict[str, str]:
    """One instance's line in a report; what is not named is as specs have it by default."""
    return {
        "id": instance_id,
        "name": f"name of {instance_id}",
        "region": HANGZHOU,
        "result": result,
        "reason": reason,
        "code": "",
        "status": "Running",
        "charge_type": "PostPaid",
        "instance_type": "ecs.g7.large",
        "auto_release_at": "",
        **other,
    }


def in_error(error: Exception) -> tuple[str, dict[str, Any]]:
    """The sentence and the report that an error's message is made of."""
    sentence, _, report = str(error).partition(" {")
    return sentence.rstrip("."), json.loads("{" + report)
