"""Function Compute's invocation API on this machine, calling the functions themselves.

    POST /2023-03-30/functions/curfew-stop/invocations              FC 3.0, ACS3-HMAC-SHA256
    POST /2016-08-15/services/curfew/functions/stop/invocations     FC 2.0, Authorization: FC
    POST /2016-08-15/proxy/curfew/stop/                             an HTTP trigger, not signed
    GET  /domain/curfew-extend-lease                                the same by a custom domain

Paths, headers and both signatures are those of "InvokeFunction" (FC 3.0 and 2.0 API references) and
are verified; the key is ``local``. In FC 3.0 a function has the name in s.yaml; in FC 2.0 it is in
the service ``curfew``, under its own name. Its only version is LATEST. An HTTP trigger's response
at Function Compute's own address has ``Content-Disposition: attachment``, so that browsers download
it ("Configure custom domain names", FC docs); ``/domain/`` simulates a custom domain, which calls
the function without that.

Asynchronous invocations are tried once and discarded if they fail. One invocation runs at a time.
The functions call the ECS that is served on the same port, and use its clock.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import cache
from hashlib import blake2b
from io import StringIO
from math import ceil
from threading import Lock, Thread
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import unquote

from local.ecs.emulator import local_credential
from local.ecs.http.messages import HttpReply, HttpRequest
from local.ecs.http.signatures import Verifier
from local.ecs.printable import on_terminal
from local.ecs.server import Neighbour, Served
from local.fc.context import CODE, MEMORY_MB
from local.fc.deployment import PLAIN, Deployment, function_names, new_request_id
from local.fc.http import PROXY, http_event, http_reply
from local.fc.refusals import FcError, refusal
from local.fc.runtime import Outcome
from local.fc.signatures import verify_v2, verify_v3

V3, V2 = "/2023-03-30/", "/2016-08-15/"
DOMAIN = "/domain/"
"""The path of the simulated custom domain: its routes are the functions' deployed names."""
SERVICE = "curfew"
"""The only service in FC 2.0; in FC 3.0 its name is the prefix of the functions' names."""
MAX_ASYNC_BYTES = 128 * 1024
"""The size limit of an asynchronous invocation's event ("Limits", FC docs)."""
LATEST = "LATEST"
ASYNCHRONOUS = "fc-asynchronous"
"""The name of the threads of asynchronous invocations."""

_V3_PATH = re.compile(rf"{V3}functions/(?P<function>[\w-]+)/invocations")
_V2_PATH = re.compile(
    rf"{V2}services/(?P<service>[\w-]+)(\.(?P<qualifier>[\w-]+))?"
    r"/functions/(?P<function>[\w-]+)/invocations"
)
_TRIGGER_PATH = re.compile(
    rf"{V2}{PROXY}(?P<service>[\w-]+)(\.(?P<qualifier>[\w-]+))?/(?P<function>[\w-]+)(?P<rest>/.*)?"
)
_DOMAIN_PATH = re.compile(rf"{DOMAIN}(?P<function>[\w-]+)(?P<rest>/.*)?")
_ATTACHMENT = {"Content-Disposition": "attachment"}
_TASK_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
_TAIL = 4096
"""How many bytes of log a caller can request ("X-Fc-Log-Type", InvokeFunction)."""


class _Dialect(NamedTuple):
    """The differences between the ways to invoke a function.

    Attributes:
        path: of an invocation.
        task_id: the header with the id of an asynchronous task.
        error_fields: where a refusal has its code and its text.
        is_trigger: it is an HTTP trigger: any method, and the request is the event.
        adds: headers of every response.
    """

    path: re.Pattern[str]
    task_id: str
    error_fields: tuple[str, str]
    is_trigger: bool = False
    adds: Mapping[str, str] = MappingProxyType({})


_V2_ERROR = ("ErrorCode", "ErrorMessage")
_DIALECTS: Mapping[str, _Dialect] = {
    V3: _Dialect(_V3_PATH, "X-Fc-Async-Task-Id", ("Code", "Message")),
    f"{V2}{PROXY}": _Dialect(
        _TRIGGER_PATH, "X-Fc-Async-Task-Id", _V2_ERROR, is_trigger=True, adds=_ATTACHMENT
    ),
    DOMAIN: _Dialect(_DOMAIN_PATH, "X-Fc-Async-Task-Id", _V2_ERROR, is_trigger=True),
    V2: _Dialect(_V2_PATH, "X-Fc-Stateful-Async-Invocation-Id", _V2_ERROR),
}


@dataclass(frozen=True, slots=True)
class _Invocation:
    """One valid invocation."""

    function: str
    event: bytes
    deployment: Deployment
    request_id: str
    wants_log: bool


@dataclass(frozen=True, slots=True)
class _Done:
    """The outcome of an invocation.

    Attributes:
        log: the end of the log, if requested.
        duration_ms: by the function's clock.
        memory_mb: the most that this process ever used.
    """

    outcome: Outcome
    log: str
    duration_ms: float
    memory_mb: float


class FcEndpoint:
    """Answers invocations, as one instance of each function. Thread-safe."""

    def __init__(
        self,
        deployed: Deployment = PLAIN,
        memory_mb: Callable[[], float] | None = None,
        beside: Callable[[str], Mapping[str, str]] = lambda _: {},
    ) -> None:
        """Takes the functions; each request says which ECS they call.

        Args:
            deployed: the functions.
            beside: the functions' variables for what else is served, given the server's address.
            memory_mb: tells how much memory they used so far; this process's unless given.
        """
        self._deployed = deployed
        self._beside = beside
        self._memory_mb = memory_mb or _peak_memory_mb
        self._verifier = Verifier([local_credential()])
        self._instance_id = f"c-{uuid.uuid4().hex[:8]}-{uuid.uuid4().hex[:20]}"
        self._running = Lock()
        self._known = Lock()
        self._task_ids: set[str] = set()

    def neighbour(self) -> Neighbour:
        """The neighbour for the emulator's server."""
        return Neighbour((V3, V2, DOMAIN), self.handle)

    def handle(self, ecs: Served, request: HttpRequest) -> HttpReply:
        """Answer a request.

        Args:
            ecs: the ECS that the function calls, and whose clock it uses.
            request: to one of the paths.
        """
        request_id = new_request_id()
        dialect = next(each for path, each in _DIALECTS.items() if request.path.startswith(path))
        try:
            self._verify(dialect, request)
            function, path = _function(dialect, request)
            task_id = self._task_id(dialect, request, request_id)
        except FcError as refused:
            code, message = dialect.error_fields
            body = {code: refused.code, message: refused.message, "RequestId": request_id}
            return _reply(refused.status, request_id, json.dumps(body).encode())
        invocation = self._invocation(ecs, request, function, request_id)
        if dialect.is_trigger:
            account_id, now = self._deployed.account_id, ecs.clock.now()
            event = http_event(request, path, account_id=account_id, request_id=request_id, now=now)
            invocation = replace(invocation, event=event)
        if task_id:
            Thread(target=self._invoke, args=(invocation,), name=ASYNCHRONOUS, daemon=True).start()
            return _reply(202, request_id, b"", {dialect.task_id: task_id})
        done = self._invoke(invocation)
        reply = _reply(200, request_id, done.outcome.body, self._headers(done))
        if not dialect.is_trigger:
            return reply
        answered = http_reply(done.outcome, reply.headers)
        return replace(answered, headers={**answered.headers, **dialect.adds})

    def _invocation(
        self, ecs: Served, request: HttpRequest, function: str, request_id: str
    ) -> _Invocation:
        environ = {**self._beside(ecs.url), **self._deployed.environ, "ECS_ENDPOINT": ecs.url}
        return _Invocation(
            function,
            request.body,
            replace(self._deployed, environ=environ, clock=lambda: ecs.clock),
            request_id,
            wants_log=request.headers.get("x-fc-log-type", "None") == "Tail",
        )

    def _invoke(self, invocation: _Invocation) -> _Done:
        """Invoke and wait; the log is shown here unless the caller requests it."""
        log, deployment = StringIO(), invocation.deployment
        with self._running:
            clock = deployment.clock()
            began_at = clock.now()
            outcome = deployment.invoke(
                invocation.function,
                invocation.event,
                log if invocation.wants_log else on_terminal(sys.stderr),
                request_id=invocation.request_id,
            )
            duration_ms = (clock.now() - began_at).total_seconds() * 1000
        return _Done(outcome, log.getvalue(), duration_ms, self._memory_mb())

    def _headers(self, done: _Done) -> Mapping[str, str]:
        """Function Compute's response to a synchronous invocation."""
        headers = {
            "X-Fc-Code-Checksum": code_checksum(),
            "X-Fc-Instance-Id": self._instance_id,
            "X-Fc-Invocation-Duration": str(ceil(done.duration_ms)),
            "X-Fc-Invocation-Service-Version": LATEST,
            "X-Fc-Max-Memory-Usage": f"{done.memory_mb:.2f}",
        }
        if not done.outcome.ok:
            headers["X-Fc-Error-Type"] = "UnhandledInvocationError"
        if done.log:
            tail = f"{done.log}\n{_summary(done)}".encode()[-_TAIL:]
            headers["X-Fc-Log-Result"] = b64encode(tail).decode()
        return headers

    def _verify(self, dialect: _Dialect, request: HttpRequest) -> None:
        now = datetime.now(timezone.utc)
        if dialect.path is _V3_PATH:
            verify_v3(self._verifier, request, now)
        elif not dialect.is_trigger:
            verify_v2(request, now)

    def _task_id(self, dialect: _Dialect, request: HttpRequest, request_id: str) -> str:
        """The id of the task if the caller does not wait, usable once; ``""`` if it does.

        If the caller gives none, the request's id is the task's.

        Raises:
            FcError: the id or the kind of invocation is not valid, the id was used before, or the
                event is too large.
        """
        kind = request.headers.get("x-fc-invocation-type", "Sync")
        if kind not in {"Sync", "Async"}:
            raise refusal("InvalidArgument", f"invocation type {kind} is not Sync or Async")
        if kind == "Sync":
            return ""
        if len(request.body) > MAX_ASYNC_BYTES:
            raise refusal("EntityTooLarge", MAX_ASYNC_BYTES)
        task_id = request.headers.get(dialect.task_id.lower(), "")
        if not task_id:
            return request_id
        if not _TASK_ID.fullmatch(task_id):
            raise refusal("InvalidArgument", f"{task_id} is not the id of a task")
        with self._known:
            if task_id in self._task_ids:
                raise refusal("AsyncTaskAlreadyExists", task_id)
            self._task_ids.add(task_id)
        return task_id


@cache
def code_checksum() -> str:
    """A number, as text, that changes whenever the functions' code does."""
    digest = blake2b(digest_size=8)
    for folder in ("functions", "shared"):
        for path in sorted((CODE / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return str(int.from_bytes(digest.digest(), "big"))


def _function(dialect: _Dialect, request: HttpRequest) -> tuple[str, str]:
    """The function that a path names, by its own name; and the rest of the path, if any.

    Raises:
        FcError: it names none, or in an unsupported way.
    """
    found = dialect.path.fullmatch(unquote(request.path))
    if found is None or (request.method != "POST" and not dialect.is_trigger):
        raise refusal("PathNotSupported", request.path, request.method)
    parts = found.groupdict()
    qualifier = parts.get("qualifier") or request.query().get("qualifier", LATEST)
    function, service = parts["function"], parts.get("service")
    owner = f"service '{service}'" if service else f"function '{function}'"
    if service not in {None, SERVICE}:
        raise refusal("ServiceNotFound", service)
    name = _own_name(function, in_service=service is not None)
    if name is None:
        raise refusal("FunctionNotFound", function, f" in {owner}" if service else ".")
    if qualifier != LATEST:
        kind = "VersionNotFound" if qualifier.isdecimal() else "AliasNotFound"
        raise refusal(kind, qualifier, owner)
    return name, parts.get("rest") or "/"


def _own_name(function: str, *, in_service: bool) -> str | None:
    """The function's module for its deployed name; None if there is none."""
    prefix = f"{SERVICE}-"
    if function.startswith(prefix):
        function = function.removeprefix(prefix)
        if "_" in function:  # s.yaml deploys no function with that name
            return None
    elif not in_service:
        return None
    name = function.replace("-", "_")
    return name if name in function_names() else None


def _summary(done: _Done) -> str:
    """The last line of the log for the caller ("X-Fc-Log-Result", recorded responses)."""
    billed_ms = max(1, ceil(done.duration_ms))
    return (
        f"Duration: {done.duration_ms:.2f} ms, Billed Duration: {billed_ms} ms, "
        f"Memory Size: {MEMORY_MB} MB, Max Memory Used: {done.memory_mb:.2f} MB"
    )


def _peak_memory_mb() -> float:
    """This process's peak memory, in MB; 0 if unavailable."""
    if sys.platform == "win32":
        return 0.0
    import resource  # noqa: PLC0415  # there is none on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB, bytes on macOS
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def _reply(
    status: int, request_id: str, body: bytes, headers: Mapping[str, str] | None = None
) -> HttpReply:
    return HttpReply(
        status,
        {
            "Content-Type": "application/json",
            "X-Fc-Request-Id": request_id,
            **(headers or {}),
        },
        body,
    )
