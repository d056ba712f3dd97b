"""The world of one night: the emulator below the adapter, a virtual clock, people, and kills.

Every call to ECS goes through ``SimTransport``; it is where time passes, somebody meddles, the
process dies or a twin runs, and where what is sent is held against the laws at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from importlib import import_module
from random import Random
from types import SimpleNamespace
from typing import Any

from local.ecs.access import Caller
from local.ecs.clock import ManualClock
from local.ecs.engine import Ecs
from local.ecs.errors import EcsError
from local.ecs.faults import Faults
from local.ecs.fleet import Fleet, InstanceSpec
from local.ecs.log import is_mutating
from local.ecs.model import Instance, LockReason
from local.ecs.service import Answer, Service
from local.ecs.throttle import Limits, Throttle
from shared.failures import NoAnswer, Refusal
from shared.parallel import one_by_one
from shared.run import World
from tests.simulation.laws import LawBroken, Laws
from tests.simulation.night import DUSK, Night

CALLER = Caller("1234567890123456")
ENVIRON = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "local",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "local",
}


class Killed(BaseException):
    """The process dies here, as by ``kill -9``: nothing in it can notice."""


class Stage:
    """Where a night is played."""

    def __init__(self, night: Night, say: Callable[[str], None] | None = None) -> None:
        self.night = night
        self.dice = Random(night.seed + 1)  # noqa: S311  # a night, not a secret
        self.more_dice = Random(f"{night.seed} people")  # noqa: S311  # likewise
        self.clock = ManualClock(DUSK)
        self.engine = Ecs(
            Fleet(night.fleet),
            self.clock,
            durations=night.durations,
            quirks=night.quirks,
            seed=night.seed,
        )
        self.service = Service(
            self.engine,
            throttle=Throttle(night.limits),
            faults=Faults(night.faults, seed=night.seed),
            seed=night.seed,
        )
        self.laws = Laws(night, self.engine, self.clock)
        self.calls = 0
        self.deeds = 0
        self.invocations = 0
        self.is_meddled_with = night.meddling > 0
        self.is_deadly = True
        self.say = say or (lambda _: None)
        self.handler = import_module(f"functions.{night.function}").handler

    def invoke(self, timeout: timedelta | None = None) -> dict[str, Any] | Exception:
        """One invocation by Function Compute: a report, an error, or ``Killed`` goes through."""
        self.invocations += 1
        self.say(f"--- invocation {self.invocations} at {self.clock.now():%H:%M:%S}")
        allowed = timeout or self.night.timeout
        context = SimpleNamespace(
            request_id=f"r-{self.invocations}",
            region=self.night.fleet[0].region if self.night.fleet else "cn-hangzhou",
            account_id=CALLER.account_id,
            function=SimpleNamespace(timeout=str(allowed.total_seconds())),
        )
        world = World(
            clock=lambda: self.clock,
            side_by_side=one_by_one,
            connect=lambda *_: SimTransport(self),
            environ=ENVIRON,
        )
        outcome: dict[str, Any] | Exception
        mark = self.laws.begin(self.clock.now() + allowed)
        try:
            outcome = _unwrapped(self.handler(self.night.event, context, world=world))
        except LawBroken:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, the laws judge it
            outcome = error
        self.say(f"    {outcome if isinstance(outcome, Exception) else outcome.get('counts')}")
        self.laws.end(mark, outcome)
        return outcome

    def calm_down(self) -> None:
        """From now on nothing goes wrong any more."""
        self.service.faults.clear()
        self.service.throttle.limits = Limits()
        self.is_meddled_with = False
        self.is_deadly = False
        self.clock.advance(timedelta(minutes=2))

    def before(self, operation: str, parameters: Mapping[str, str]) -> None:
        """What happens before a call: time, a twin, people, death."""
        self.calls += 1
        self.laws.called()
        left_at = self.clock.now()
        self.clock.advance(self.night.latency)
        if self.is_deadly and self.calls == self.night.twin_at:
            self.say("    a twin runs")
            self.invoke()
        if self.is_meddled_with and self.dice.random() < self.night.meddling:
            self._meddle()
        if self.is_deadly and self.calls in self.night.kills:
            self.say(f"    killed before {operation}")
            raise Killed
        if is_mutating(operation):
            self.deeds += 1
            self.laws.sent(operation, parameters, left_at)

    def after(self, operation: str, parameters: Mapping[str, str], answer: Answer) -> None:
        """What happens after a call: the log, death."""
        text = " ".join(f"{key}={value}" for key, value in parameters.items())
        self.say(f"{self.clock.now():%H:%M:%S} {operation} {text[:150]} -> {answer.code or 'ok'}")
        if self.is_deadly and -self.calls in self.night.kills:
            self.say(f"    killed after {operation}")
            raise Killed

    def _meddle(self) -> None:
        instances = self.engine.instances()
        if not instances:
            return
        one = self.dice.choice(instances)
        deed = self.dice.choice(("start", "stop", "protect", "unprotect", "release", "tag"))
        if self.more_dice.random() < 0.4:
            deed = self.more_dice.choice(("keep", "save", "lock", "set a time", "make a twin"))
        self.say(f"    somebody: {deed} {one.instance_id}")
        self.laws.meddled.add(one.instance_id)
        self._deeds()[deed](one)
        self.laws.notice()

    def _deeds(self) -> Mapping[str, Callable[[Instance], object]]:
        """What people and other tools do to an instance."""
        engine = self.engine
        return {
            "start": lambda one: engine.start(one.instance_id),
            "stop": lambda one: engine.stop(one.instance_id),
            "protect": lambda one: engine.tag(one.instance_id, {"curfew:protect": "now"}),
            "unprotect": lambda one: engine.untag(one.instance_id, "curfew:protect"),
            "release": lambda one: engine.release(one.instance_id),
            "tag": lambda one: engine.tag(one.instance_id, {"team": "dev"}),
            "keep": lambda one: engine.tag(one.instance_id, {"curfew:keep-until": "2026-11-21"}),
            "save": lambda one: engine.protect(one.instance_id),
            "lock": self._lock,
            "set a time": self._set_a_time,
            "make a twin": self._make_a_twin,
        }

    def _lock(self, one: Instance) -> None:
        """But for a start, which no guard keeps from what ECS refuses."""
        if self.night.function != "start":
            self.engine.lock(one.instance_id, LockReason.SECURITY)

    def _set_a_time(self, one: Instance) -> None:
        at = f"{self.clock.now() + timedelta(hours=self.more_dice.randint(1, 40)):%Y-%m-%dT%H:%MZ}"
        parameters = {"InstanceId": one.instance_id, "AutoReleaseTime": at.replace("Z", ":00Z")}
        with suppress(EcsError):  # a subscription has none
            self.engine.call("ModifyInstanceAutoReleaseTime", parameters, CALLER)

    def _make_a_twin(self, one: Instance) -> None:
        """Another instance just like it, which no plan of before knows."""
        made = self.engine.add(InstanceSpec(one.name, one.region, tags=one.tags))
        self.laws.meddled.add(made.instance_id)


class SimTransport:
    """The way to the emulator's service, with all that a network does on it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        """Make the call once; see ``shared.sdk.Transport.send``."""
        stage = self.stage
        stage.before(operation, parameters)
        answer = stage.service.call(operation, dict(parameters), CALLER)
        delivery = answer.delivery
        stage.clock.advance(timedelta(seconds=min(delivery.delay_s, timeout_s)))
        stage.after(operation, parameters, answer)
        if delivery.delay_s > timeout_s:
            raise NoAnswer("no answer in time")
        if delivery.cut or delivery.truncated or delivery.proxy_page:
            raise NoAnswer("the connection broke")
        if answer.code:
            retry_after = answer.headers.get("x-acs-retry-after")
            raise Refusal(
                answer.status,
                answer.code,
                str(answer.body["Message"]),
                int(retry_after) / 1000 if retry_after else None,
            )
        return answer.body

    def close(self) -> None:
        """Nothing is open."""


def _unwrapped(answer: dict[str, Any]) -> dict[str, Any]:
    """The report in an answer, whatever the trigger; an HTTP error is raised again."""
    if "reports" in answer:
        return dict(answer["reports"][0])
    if "statusCode" not in answer:
        return answer
    body = json.loads(answer["body"])
    if answer["statusCode"] != 200:
        report = json.dumps(body.get("report", ""))
        raise _HttpError(f"{body['errorType']}: {body['errorMessage']} {report}")
    return dict(body)


class _HttpError(Exception):
    """An error as an HTTP trigger's caller gets it; its text begins with the class."""


def error_class(error: Exception) -> str:
    """The class that Function Compute would show."""
    if isinstance(error, _HttpError):
        return str(error).split(":", maxsplit=1)[0]
    return type(error).__name__
