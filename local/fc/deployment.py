"""The functions as deployed, called on this machine against some ECS.

``local.fc.runtime`` simulates Function Compute. The emulated ECS of ``emulated`` is reached over
real HTTP on loopback; it and the functions share one clock, so that a day can be simulated quickly.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TextIO

from local.ecs.emulator import LOCAL_KEY, Emulator, Options
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import HANGZHOU, Fleet
from local.ecs.gateway.request_log import RequestLog
from local.ecs.ram.caller import Caller
from local.ecs.server import LocalEcs, Neighbour
from local.fc.context import CODE, Runtime, context, environment
from local.fc.pace import PacedClock
from local.fc.runtime import LoadError, Outcome, invoke, load
from shared.base.clock import Clock, SystemClock
from shared.run import World
from shared.settings.settings import Credentials

LOCAL_CREDENTIALS = Credentials(LOCAL_KEY, LOCAL_KEY)
"""The key that every emulator knows."""
ACCOUNT_ID = Caller().account_id
"""The emulator's account."""
LONGEST_S = 600.0
"""Real seconds that a function on its own clock may take; only one that hangs takes them."""
EVENTS = CODE / "events"
"""The sample events, ``<function>.<trigger>[.<variation>].json``."""


def new_request_id() -> str:
    """An id of an invocation."""
    return f"1-{uuid.uuid4()}"


def function_names() -> tuple[str, ...]:
    """All functions: the modules of ``functions``, in alphabetical order."""
    return tuple(sorted(path.stem for path in (CODE / "functions").glob("[a-z]*.py")))


PAGES = ("extend_lease",)
"""The functions called only by browsers: they take no request and have no action."""


def action_names() -> tuple[str, ...]:
    """The functions that take requests, in alphabetical order."""
    return tuple(one for one in function_names() if one not in PAGES)


@dataclass(frozen=True, slots=True)
class Deployment:
    """What Function Compute would know about the functions, the same for all of them.

    Attributes:
        environ: Their environment variables; ``ECS_ENDPOINT`` says which ECS.
        credentials: Those of their role.
        clock: Makes the clock of an invocation.
        runtime: Which of FC's Python runtimes is simulated.
        timeout_s: How long an invocation may take, by ``clock``.
        cut_off_s: Real seconds after which it is cut off; None: ``timeout_s``.
        region: The functions' own, in which they act unless a request names others.
        around: A wrapper between a function and its world.
    """

    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    credentials: Credentials = LOCAL_CREDENTIALS
    clock: Callable[[], Clock] = SystemClock
    runtime: Runtime = "3.10"
    timeout_s: float = 600
    cut_off_s: float | None = None
    region: str = HANGZHOU
    account_id: str = ACCOUNT_ID
    around: Callable[[World], World] = lambda world: world

    def invoke(
        self, function: str, event: bytes, log: TextIO | None = None, *, request_id: str = ""
    ) -> Outcome:
        """Pass an event to a function and respond as Function Compute does.

        Args:
            function: One of ``function_names()``.
            event: As its trigger would send it.
            log: Where the function's log goes; default standard error.
            request_id: The invocation's; "" for a new one.
        """
        name = f"functions.{function}.handler"
        given = context(
            self.runtime,
            request_id=request_id or new_request_id(),
            function_name=function,
            handler=name,
            region=self.region,
            account_id=self.account_id,
            credentials=self.credentials,
            timeout_s=self.timeout_s,
        )
        variables = {**self.environ, **environment(given, self.credentials)}
        try:
            handler: Callable[..., object] = load(name, runtime=self.runtime)
        except LoadError as error:
            return error.outcome()
        world = self.around(World(clock=self.clock, environ=variables))
        return invoke(partial(handler, world=world), event, given, log, cut_off_s=self.cut_off_s)


PLAIN = Deployment()


@dataclass(frozen=True, slots=True)
class Stage:
    """An emulated ECS that listens on loopback, and the functions deployed beside it."""

    server: LocalEcs
    clock: PacedClock
    deployment: Deployment

    @property
    def engine(self) -> Ecs:
        """ECS's state, to inspect and to change by hand."""
        return self.server.engine

    @property
    def log(self) -> RequestLog:
        """The requests that ECS received."""
        return self.server.log


@contextmanager
def emulated(
    clock: PacedClock,
    fleet: Fleet,
    deployed: Deployment = PLAIN,
    neighbour: Neighbour | None = None,
) -> Iterator[Stage]:
    """Serve an emulated ECS on a free port of loopback while the block lasts.

    Args:
        clock: The clock of both the emulator and the functions.
        fleet: The initial instances.
        deployed: The functions; their endpoint, credentials and clock become the emulator's.
        neighbour: What else to serve on its port.
    """
    emulator = Emulator(Options(build=lambda: Ecs(fleet, clock)))
    with LocalEcs(emulator, neighbour=neighbour) as server:
        deployment = replace(
            deployed,
            environ={**deployed.environ, "ECS_ENDPOINT": server.url},
            credentials=LOCAL_CREDENTIALS,
            clock=lambda: clock,
            cut_off_s=max(deployed.timeout_s, LONGEST_S),
        )
        yield Stage(server, clock, deployment)
