"""What the proofs of safety share: a small account, ECS without a socket, a run of a function."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from local.ecs.account.model import Status
from local.ecs.account.quirks import Quirks
from local.ecs.clock import MANUAL_START, ManualClock
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import Fleet, InstanceSpec
from local.ecs.gateway.gateway import Gateway
from local.ecs.gateway.request_log import Entry
from local.ecs.ram.caller import ALLOW_ALL, Authorizer, Caller
from local.fc.trigger_events import ENVELOPES, Request
from shared.domain.guards import Harm
from shared.ecs.transport import ErrorResponse, NoResponse
from shared.errors import CurfewError
from shared.parallel import one_by_one
from shared.run import World
from shared.times import CHINA
from tests.harness.calling import ACTIONS, HANDLERS

FUNCTIONS = tuple(ACTIONS)
ROOT = Path(__file__).parents[2]
ACCOUNT = Caller().account_id
REGION = "cn-hangzhou"
NOW = MANUAL_START
"""A Monday, 18:00 in Shanghai."""

ENVIRONMENT = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "key", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret"}

MANY_ALLOWED = {**ENVIRONMENT, "CURFEW_MAX_INSTANCES": "5000"}
"""For tests of large fleets that are about something else than the ceiling."""

Hook = Callable[[str, Mapping[str, str]], None]
"""Told of each call's operation and parameters."""


@dataclass
class Direct:
    """A transport that asks the emulated service itself: neither bytes nor signatures.

    Attributes:
        before: called before each call; what somebody else does at that moment.
        after: called when the service has done it, before Curfew is told.
    """

    gateway: Gateway
    authorizer: Authorizer = ALLOW_ALL
    before: Hook = lambda _operation, _parameters: None
    after: Hook = lambda _operation, _parameters: None

    def close(self) -> None:
        """Nothing is open."""

    def send(
        self,
        operation: str,
        parameters: Mapping[str, str],
        *,
        timeout_s: float,  # noqa: ARG002  # the protocol's
    ) -> Mapping[str, Any]:
        self.before(operation, parameters)
        answer = self.gateway.call(operation, parameters, Caller(authorizer=self.authorizer))
        self.after(operation, parameters)
        delivery = answer.delivery
        if delivery.cut or delivery.truncated or delivery.proxy_page:
            raise NoResponse("nothing readable came back")
        if answer.status != 200:
            raise ErrorResponse(
                answer.status, answer.code, str(answer.body.get("Message", ""))[:200]
            )
        return answer.body


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
            return HANDLERS[function](event, fc_context(timeout_s=timeout_s), world=world)
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


def check_call(function: str, entry: Entry) -> None:
    """Assert that a call is one that the function may ever make.

    What a function may call stands in its RAM policy. A release time is set with a time by
    whoever may set one, and without one, which clears it, by clear_auto_release alone.
    """
    assert entry.action in CALLS[function], f"{function} called {entry.action}"
    if entry.action == "ModifyInstanceAutoReleaseTime":
        time = entry.parameters.get("AutoReleaseTime")
        assert time is None if function == "clear_auto_release" else time


def _calls(function: str) -> frozenset[str]:
    policy = json.loads((ROOT / "ram" / f"{function}.json").read_text())
    return frozenset(
        action.removeprefix("ecs:")
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    )


CALLS: Mapping[str, frozenset[str]] = {function: _calls(function) for function in FUNCTIONS}
"""The operations that each function's policy allows."""


def fc_context(region: str = REGION, timeout_s: float = 600) -> Any:  # noqa: ANN401  # as Function Compute's
    """A context without credentials, as runtime 3.12 has it."""
    return SimpleNamespace(
        request_id="1-safety",
        region=region,
        account_id=ACCOUNT,
        function=SimpleNamespace(name="curfew", timeout=timeout_s),
    )


def report_in(answer: dict[str, Any]) -> dict[str, Any]:
    """The one report in an answer, whatever its trigger's form."""
    if "statusCode" in answer:
        assert answer["statusCode"] == 200, answer
        answer = json.loads(answer["body"])
    if "reports" in answer:
        (answer,) = answer["reports"]
    return answer


def report_of(error: CurfewError) -> dict[str, Any]:
    """The report at the end of an error's message."""
    report: dict[str, Any] = json.loads(str(error).partition(" {")[2].join(("{", "")))
    return report


def table(report: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """By instance name, its result and the reason."""
    return {row["name"]: (row["result"], row["reason"]) for row in report["instances"]}


def request_for(way: str, names: Mapping[str, str]) -> Request:
    """A request's selection of all instances of a stage, in one of the five ways.

    Args:
        way: a key of `WAYS`.
        names: by name, the ids of the instances meant.
    """
    return WAYS[way](names)


WAYS: Mapping[str, Callable[[Mapping[str, str]], Request]] = {
    "ids": lambda names: {"instance_ids": list(names.values())},
    "tags": lambda _: {"tags": {"team": "dev"}},
    "name": lambda _: {"name": "dev-*"},
    "tags+name": lambda _: {"tags": {"team": ["dev", "ops"]}, "name": "dev-*"},
    "all": lambda _: {"all": True, "max_instances": 100},
}
"""Every way of selecting; each selects all instances of team dev that are called dev-…"""


DEV = {"team": "dev"}
FEW = tuple(InstanceSpec(f"dev-{number}", tags=DEV) for number in range(3))
MANY = tuple(InstanceSpec(f"dev-{number}", tags=DEV) for number in range(350))

STATED: Mapping[str, Request] = {
    "stop-force": {"force": True},
    "release": {"dry_run": False},
    "release-no-snapshot": {"dry_run": False, "snapshot": False},
    "release-force": {"dry_run": False, "force": True},
    "release-force-no-snapshot": {"dry_run": False, "force": True, "snapshot": False},
    "set_auto_release": {"release_after": "12h"},
}
"""What a request says besides the selection, by the name of a function or of a variant of it,
``FUNCTION-VARIANT``; nothing, for functions that are not here."""

VARIANTS = (*FUNCTIONS, *(one for one in STATED if one not in FUNCTIONS))
"""Every function, and every variant of one; a new function is in all tables made of these."""


def function_of(variant: str) -> str:
    """The function of a variant."""
    return variant.partition("-")[0]


def stated(variant: str) -> Request:
    """What a request for it says besides the selection."""
    return STATED.get(variant, {})


def _of_harm(*harms: Harm) -> tuple[str, ...]:
    """Every variant of the functions that can do this harm."""
    return tuple(one for one in VARIANTS if ACTIONS[function_of(one)].harm in harms)


WRITES = tuple(one for one in VARIANTS if not ACTIONS[function_of(one)].only_looks)
"""Every function that can change something, and its variants."""

WRITERS = tuple(one for one in WRITES if one in FUNCTIONS)
"""The same without the variants."""

LOSSES = _of_harm(Harm.LOSS)
"""All by which something is lost."""

HARMS = _of_harm(Harm.OUTAGE, Harm.LOSS)
"""All that is guarded like a stop, or more."""


def to_do(variant: str) -> dict[str, Any]:
    """Fields of an instance's spec with which the function has something to do.

    A function that writes, and has nothing to do with a running instance without a release time,
    needs a line here.
    """
    fields: dict[str, dict[str, Any]] = {
        "start": {"status": Status.STOPPED},
        "clear_auto_release": {"auto_release_at": NOW + timedelta(hours=9)},
    }
    return fields.get(function_of(variant), {})


def selected(stage: Stage, way: str) -> Request:
    """All instances of the stage, in one of the five ways."""
    return request_for(way, {one.name: one.instance_id for one in stage.engine.instances()})


def in_china(moment: datetime) -> str:
    """An instant as reports have it where nobody has set another zone."""
    return moment.astimezone(CHINA).isoformat()


def at(moment: datetime) -> str:
    """An instant as people write it in a tag."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
