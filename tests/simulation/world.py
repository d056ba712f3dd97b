"""The world of one scenario: the emulator below the adapter, a virtual clock, people, and kills.

Every call to ECS goes through ``SimTransport``; it is where time passes, somebody interferes, the
process dies or a duplicate runs, and where what is sent is held against the invariants at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib import import_module
from random import Random
from types import SimpleNamespace
from typing import Any

from local.ecs.clock import ManualClock
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import Fleet
from local.ecs.gateway.faults import Faults, LostPermission, Refuse
from local.ecs.gateway.gateway import Answer, Gateway
from local.ecs.gateway.request_log import is_mutating
from local.ecs.gateway.throttle import Limits, Throttle
from shared.run import World
from tests.harness.invocation import one_by_one
from tests.simulation.contract import Order
from tests.simulation.invariants import InvariantBroken, Invariants
from tests.simulation.people import CALLER, People
from tests.simulation.scenario import DUSK, Scenario
from tests.simulation.transport import Hiding, SimTransport

ENVIRON = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "local",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "local",
}


class Killed(BaseException):
    """The process dies here, as by ``kill -9``: nothing in it can notice."""


def _nobody(_: str) -> None:
    """Listens to a scenario: most run for the invariants alone."""


class Simulation:
    """A scenario, running."""

    def __init__(self, scenario: Scenario, say: Callable[[str], None] | None = None) -> None:
        self.scenario = scenario
        self.dice = Random(scenario.seed + 1)  # noqa: S311  # a scenario, not a secret
        self.clock = ManualClock(
            DUSK - (scenario.earlier.before if scenario.earlier else timedelta(0))
        )
        self.engine = Ecs(
            Fleet(scenario.fleet, default_stopped_mode=scenario.default_stopped_mode),
            self.clock,
            durations=scenario.durations,
            quirks=scenario.quirks,
            seed=scenario.seed,
        )
        self.bad_regions = {one.region: one.how for one in scenario.bad_regions}
        self.gateway = Gateway(
            self.engine,
            throttle=Throttle(Limits()),
            faults=Faults(self._denials()),
            seed=scenario.seed,
        )
        self.invariants = Invariants(scenario, self.engine, self.clock)
        self.people = People(
            scenario.seed,
            scenario.function,
            self.engine,
            self.clock,
            tuple(scenario.operator.hours.specs),
        )
        self.hiding = Hiding(scenario.hidden, scenario.seed, self.clock)
        self.calls = 0
        self.writes = 0
        self.invocations = 0
        self.kills: tuple[int, ...] = ()
        self.last_write = 0
        self.is_rough = False
        self.say = say or _nobody
        self.odd = dict(scenario.odd)
        self.handler = import_module(f"functions.{scenario.function}").handler

    def fall(self) -> None:
        """The scenario begins: from now on things go wrong."""
        self.is_rough = self.invariants.watch.is_rough = True
        self.kills = self.scenario.kills
        self.gateway.throttle.limits = self.scenario.limits
        faults = self.scenario.faults
        if self.scenario.initializing:
            faults = (
                *faults,
                *(
                    Refuse(status=403, code="IncorrectInstanceStatus.Initializing", action=action)
                    for action in ("St*", "Delete*", "Modify*")
                ),
            )
        self.gateway.faults = Faults((*faults, *self._denials()), seed=self.scenario.seed)

    def calm_down(self) -> None:
        """From now on nothing goes wrong any more, but for the regions that cannot be read."""
        self.is_rough = self.invariants.watch.is_rough = False
        self.kills = ()
        self.gateway.throttle.limits = Limits()
        self.gateway.faults = Faults(self._denials())
        self.clock.advance(timedelta(minutes=2))

    def _denials(self) -> tuple[LostPermission, ...]:
        return tuple(
            LostPermission(region=region)
            for region, how in self.bad_regions.items()
            if how == "denied"
        )

    def invoke(
        self, timeout: timedelta, orders: tuple[Order, ...] = (), event: bytes = b""
    ) -> dict[str, Any] | Exception:
        """One invocation by Function Compute: a report, an error, or ``Killed`` goes through.

        Args:
            timeout: The function's.
            orders: What it is asked for; none: what the scenario's event asks for.
            event: The event, if it is not the scenario's.
        """
        self.invocations += 1
        self.say(f"--- invocation {self.invocations} at {self.clock.now():%H:%M:%S}")
        context = SimpleNamespace(
            request_id=f"r-{self.invocations}",
            region=self.scenario.home,
            account_id=CALLER.account_id,
            function=SimpleNamespace(timeout=str(timeout.total_seconds())),
        )
        world = World(
            clock=lambda: self.clock,
            side_by_side=one_by_one,
            connect=lambda *_: SimTransport(self),
            environ={**ENVIRON, **self.scenario.operator.environ},
        )
        outcome: dict[str, Any] | Exception
        mark = self.invariants.begin(
            self.clock.now() + timeout, orders or self.invariants.watch.orders()
        )
        try:
            outcome = self.handler(event or self.scenario.event, context, world=world)
        except InvariantBroken:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, the invariants judge it
            outcome = error
        if self.say is not _nobody:
            self.say(f"    {outcome}")
        self.invariants.end(mark, outcome)
        return outcome

    def before(self, operation: str) -> None:
        """What happens before a call: time, a duplicate, people, death."""
        self.calls += 1
        self.invariants.called()
        self.clock.advance(self.scenario.latency)
        if not self.is_rough:
            return
        if self.calls == self.scenario.duplicate_at:
            self.say("    a duplicate runs")
            self.invoke(self.scenario.timeout)
        if self.scenario.interference and self.dice.random() < self.scenario.interference:
            busy = self.invariants.watch.running[-1].touched
            self.invariants.changed(*self.people.act(self.say, busy))
        if self.scenario.initializing and self.clock.now() > DUSK + self.scenario.initializing:
            self._initialized()
        if self.calls in self.kills:
            self.say(f"    killed before {operation}")
            raise Killed

    def _initialized(self) -> None:
        for each in self.gateway.faults.snapshot():
            fault = each.fault
            if isinstance(fault, Refuse) and fault.code.endswith("Initializing"):
                self.gateway.faults.remove(each.number)

    def after(self, operation: str, parameters: Mapping[str, str], answer: Answer) -> None:
        """What happens after a call: the log, death."""
        if self.say is not _nobody:
            text = " ".join(f"{key}={value}" for key, value in parameters.items())
            told = answer.code or "ok"
            self.say(f"{self.clock.now():%H:%M:%S} {operation} {text[:150]} -> {told}")
        if is_mutating(operation):
            self.writes += 1
            if self.writes == self.last_write:
                self.say(f"    killed after {operation}")
                raise Killed
        if -self.calls in self.kills:
            self.say(f"    killed after {operation}")
            raise Killed
