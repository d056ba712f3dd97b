"""The assembled emulator: engine, gateway, wire and control behind one ``handle``.

The only place that knows all layers. It opens no socket: `local.ecs.server` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from local.ecs.clock import Clock, RealClock
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import default_fleet
from local.ecs.gateway.faults import AnyFault, Faults
from local.ecs.gateway.gateway import Gateway
from local.ecs.gateway.request_log import RequestLog
from local.ecs.gateway.throttle import Limits, Throttle
from local.ecs.http.control import PAGES, PREFIX, Control
from local.ecs.http.endpoint import Wire
from local.ecs.http.hosts import Hosts
from local.ecs.http.messages import HttpReply, HttpRequest
from local.ecs.http.panels import Panel
from local.ecs.http.signatures import ANY_TOKEN, Credential
from local.ecs.ram.caller import ALLOW_ALL, Authorizer, Caller
from local.ecs.ram.policy import Policy

LOCAL_KEY = "local"
"""The default access key id, which is also its secret."""


def local_credential(authorizer: Authorizer = ALLOW_ALL) -> Credential:
    """The key ``local`` with the secret ``local``, with any STS token or none.

    Args:
        authorizer: what RAM allows it: everything, or what a `local.ecs.ram.policy.Policy` says.
    """
    return Credential(LOCAL_KEY, LOCAL_KEY, Caller(authorizer=authorizer), security_token=ANY_TOKEN)


def default_engine(clock: Clock | None = None) -> Ecs:
    """An engine with the default fleet, on a running clock by default."""
    running = clock or RealClock()
    return Ecs(default_fleet(running.now()), running)


@dataclass(frozen=True, slots=True)
class Options:
    """How an emulator differs from the plain one.

    Attributes:
        build: makes the engine, at the start and at every reset.
        credentials: the known access keys.
        limits: how many calls a window allows.
        faults: those active from the start.
        seed: the seed of request ids and of the faults' probabilities.
        log_size: how many requests the log remembers; None for all.
        hosts: the host names under which it answers.
        panels: what else the status page shows.
    """

    build: Callable[[], Ecs] = default_engine
    credentials: Iterable[Credential] = field(default_factory=lambda: (local_credential(),))
    limits: Limits = field(default_factory=Limits)
    faults: tuple[AnyFault, ...] = ()
    seed: int = 0
    log_size: int | None = None
    hosts: Hosts = field(default_factory=Hosts)
    panels: tuple[Panel, ...] = ()


PLAIN = Options()


class Emulator:
    """One account of ECS, answering HTTP requests. Thread-safe.

    Attributes:
        gateway: handles the requests; its ``engine``, ``log``, ``faults`` and ``throttle`` are for
            tests.
        wire: signatures and formats.
    """

    def __init__(self, options: Options = PLAIN) -> None:
        self._build = options.build
        self._hosts = options.hosts
        self.gateway = Gateway(
            options.build(),
            throttle=Throttle(options.limits),
            faults=Faults(options.faults, seed=options.seed),
            log=RequestLog(options.log_size),
            seed=options.seed,
        )
        self.wire = Wire(self.gateway, options.credentials)
        self._control = Control(self.gateway, self.reset, options.panels)

    @property
    def engine(self) -> Ecs:
        """The current state machine, since the last reset."""
        return self.gateway.engine

    @property
    def log(self) -> RequestLog:
        """The requests since the last reset."""
        return self.gateway.log

    @property
    def faults(self) -> Faults:
        """The active faults."""
        return self.gateway.faults

    def restrict(self, *policies: str | Mapping[str, Any]) -> None:
        """Restrict the key ``local`` to what these RAM policies allow; without any, to nothing.

        Raises:
            PolicyError: a document is invalid.
        """
        self.wire.use([local_credential(Policy(*policies))])

    def reset(self) -> None:
        """Start over: the initial fleet, no faults, an empty log."""
        self.gateway.reset(self._build())

    def handle(self, request: HttpRequest) -> HttpReply:
        """Answer a request, to ECS or to the emulator's own endpoint."""
        if refusal := self.turned_away(request):
            return refusal
        if _is_of_control(request):
            return self._control.handle(request)
        if _is_a_visit(request):
            return HttpReply(302, {"Location": PREFIX}, b"")
        return self.wire.handle(request)

    def turned_away(self, request: HttpRequest) -> HttpReply | None:
        """The refusal of a request that a foreign site may have sent; None for any other.

        It is JSON in ECS's format, whatever was requested, and is not in the request log.
        """
        is_page = request.method == "GET" and (request.path in PAGES or _is_a_visit(request))
        complaint = self._hosts.complaint(
            request, is_ecs=not _is_of_control(request), is_page=is_page
        )
        if not complaint:
            return None
        body = {"Code": "Forbidden.Host", "Message": complaint, "error": complaint}
        headers = {"Content-Type": "application/json;charset=utf-8"}
        return HttpReply(403, headers, msgspec.json.encode(body))


def _is_of_control(request: HttpRequest) -> bool:
    return f"{request.path}/".startswith(PREFIX)


def _is_a_visit(request: HttpRequest) -> bool:
    """Whether somebody has opened the endpoint in a browser."""
    return (
        request.method == "GET"
        and request.path == "/"
        and "text/html" in request.headers.get("accept", "")
        and "Action" not in request.query()
        and "x-acs-action" not in request.headers
    )
