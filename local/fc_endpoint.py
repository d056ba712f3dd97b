"""Function Compute's invocation API on this machine, over the functions themselves.

    POST /2023-03-30/functions/curfew-stop/invocations              FC 3.0, ACS3-HMAC-SHA256
    POST /2016-08-15/services/curfew/functions/stop/invocations     FC 2.0, Authorization: FC

Paths, headers and both signatures are those of "InvokeFunction" (FC 3.0 and 2.0 API references)
and are verified; the key is ``local``. A function is known by its own name, or as s.yaml deploys
it; of its versions there is LATEST. Asynchronous invocations are tried once and go nowhere if they
fail; the codes in refusals are this module's own where the documentation gives only a status. One
invocation runs at a time. The functions meet the ECS that is served on the same port.
"""

from __future__ import annotations

import hmac
import json
import re
import sys
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from io import StringIO
from threading import Lock, Thread
from typing import NamedTuple
from urllib.parse import unquote

from local.deployment import PLAIN, Deployment, function_names, new_request_id
from local.ecs.emulator import LOCAL_KEY, local_credential
from local.ecs.errors import EcsError
from local.ecs.messages import HttpReply, HttpRequest
from local.ecs.printable import on_terminal
from local.ecs.server import Neighbour, Served
from local.ecs.signatures import TOLERANCE, Verifier
from local.fc import Outcome

V3, V2 = "/2023-03-30/", "/2016-08-15/"

_V3_PATH = re.compile(rf"{V3}functions/(?P<function>[\w-]+)/invocations")
_V2_PATH = re.compile(
    rf"{V2}services/[\w-]+(\.(?P<qualifier>[\w-]+))?/functions/(?P<function>[\w-]+)/invocations"
)
_TASK_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
_V2_AUTHORIZATION = re.compile(r"FC (?P<key>[^:]+):(?P<signature>\S+)")
ASYNCHRONOUS = "fc-asynchronous"
"""The name of the threads of invocations that nobody waits for."""
_TAIL = 4096
"""Bytes of log that a caller can ask for ("X-Fc-Log-Type", InvokeFunction)."""


class Refusal(Exception):  # noqa: N818  # it is what is answered, as everywhere here
    """An invocation that does not come about."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


class _Dialect(NamedTuple):
    """What differs between the two versions of the API."""

    path: re.Pattern[str]
    task_id: str
    error_fields: tuple[str, str]


_DIALECTS: Mapping[str, _Dialect] = {
    V3: _Dialect(_V3_PATH, "x-fc-async-task-id", ("Code", "Message")),
    V2: _Dialect(_V2_PATH, "x-fc-stateful-async-invocation-id", ("ErrorCode", "ErrorMessage")),
}


@dataclass(frozen=True, slots=True)
class _Invocation:
    """One invocation that was asked for in due form."""

    function: str
    event: bytes
    deployment: Deployment
    request_id: str
    wants_log: bool


class FcEndpoint:
    """Answers invocations. Thread-safe."""

    def __init__(self, deployed: Deployment = PLAIN) -> None:
        """Takes the functions; which ECS they meet is said with each request."""
        self._deployed = deployed
        self._verifier = Verifier([local_credential()])
        self._running = Lock()
        self._known = Lock()
        self._task_ids: set[str] = set()

    def neighbour(self) -> Neighbour:
        """How the emulator's server takes it in."""
        return Neighbour((V3, V2), self.handle)

    def handle(self, ecs: Served, request: HttpRequest) -> HttpReply:
        """Answer a request.

        Args:
            ecs: the ECS that the function meets, and by whose clock it lives.
            request: to one of the two paths.
        """
        request_id = new_request_id()
        dialect = _DIALECTS[V2 if request.path.startswith(V2) else V3]
        try:
            self._verify(request)
            function = _function(dialect, request)
            asynchronous = self._is_asynchronous(dialect, request)
        except Refusal as refusal:
            code, message = dialect.error_fields
            body = {code: refusal.code, message: refusal.message, "RequestId": request_id}
            return _reply(refusal.status, request_id, json.dumps(body).encode())
        invocation = _Invocation(
            function,
            request.body,
            replace(
                self._deployed,
                environ={**self._deployed.environ, "ECS_ENDPOINT": ecs.url},
                clock=lambda: ecs.clock,
            ),
            request_id,
            request.headers.get("x-fc-log-type", "None") == "Tail",
        )
        if asynchronous:
            Thread(target=self._invoke, args=(invocation,), name=ASYNCHRONOUS, daemon=True).start()
            return _reply(202, request_id, b"")
        outcome, log = self._invoke(invocation)
        return _answer(request_id, outcome, log)

    def _invoke(self, invocation: _Invocation) -> tuple[Outcome, str]:
        """The outcome, and the end of the log if that is wanted; else the log is shown here."""
        log = StringIO()
        with self._running:
            outcome = invocation.deployment.invoke(
                invocation.function,
                invocation.event,
                log if invocation.wants_log else on_terminal(sys.stderr),
                request_id=invocation.request_id,
            )
        return outcome, log.getvalue()

    def _verify(self, request: HttpRequest) -> None:
        now = datetime.now(timezone.utc)
        if request.path.startswith(V2):
            _verify_v2(request, now)
            return
        try:
            self._verifier.verify_acs3(request, now)
        except EcsError as error:
            raise Refusal(error.status, error.code, error.message) from None

    def _is_asynchronous(self, dialect: _Dialect, request: HttpRequest) -> bool:
        """Whether the caller does not wait; its id of the task is then taken, and only once."""
        kind = request.headers.get("x-fc-invocation-type", "Sync")
        if kind not in {"Sync", "Async"}:
            raise Refusal(400, "InvalidArgument", f"invocation type {kind} is not Sync or Async")
        task_id = request.headers.get(dialect.task_id, "")
        if kind == "Sync" or not task_id:
            return kind == "Async"
        if not _TASK_ID.fullmatch(task_id):
            raise Refusal(400, "InvalidArgument", f"{task_id} is no id of a task")
        with self._known:
            if task_id in self._task_ids:
                raise Refusal(409, "AsyncTaskAlreadyExists", f"there is a task {task_id} already")
            self._task_ids.add(task_id)
        return True


def _function(dialect: _Dialect, request: HttpRequest) -> str:
    """The function that a path names.

    Raises:
        Refusal: it names none, or it is not called by POST.
    """
    found = dialect.path.fullmatch(unquote(request.path))
    if request.method != "POST" or found is None:
        raise Refusal(404, "PathNotSupported", "only invocations are emulated")
    qualifier = found.groupdict().get("qualifier") or request.query().get("qualifier", "LATEST")
    name = found["function"].removeprefix("curfew-").replace("-", "_")
    if name not in function_names() or qualifier != "LATEST":
        raise Refusal(404, "FunctionNotFound", f"there is no function {found['function']}")
    return name


def _verify_v2(request: HttpRequest, now: datetime) -> None:
    """Verify FC 2.0's signature ("Signature authentication", FC 2.0 API reference).

    Raises:
        Refusal: it is missing, of another key, wrong or of another time.
    """
    found = _V2_AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if found is None or found["key"] != LOCAL_KEY:
        raise Refusal(403, "AccessDenied", "the access key is unknown")
    signature = v2_signature(LOCAL_KEY, request)
    if not hmac.compare_digest(signature.encode(), found["signature"].encode()):
        raise Refusal(403, "SignatureNotMatch", "the signature does not match")
    try:
        signed_at = parsedate_to_datetime(request.headers.get("date", ""))
        is_recent = abs(now - signed_at) <= TOLERANCE
    except (TypeError, ValueError):
        is_recent = False
    if not is_recent:
        raise Refusal(403, "RequestTimeTooSkewed", "the date is missing, or not of now")


def v2_signature(secret: str, request: HttpRequest) -> str:
    """What FC 2.0 wants behind the key: HMAC-SHA256 of method, headers and path; base64."""
    canonical = "".join(
        f"{name}:{request.headers[name]}\n"
        for name in sorted(request.headers)
        if name.startswith("x-fc-")
    )
    headers = [request.headers.get(name, "") for name in ("content-md5", "content-type", "date")]
    signed = "\n".join([request.method, *headers, canonical + unquote(request.path)])
    return b64encode(hmac.digest(secret.encode(), signed.encode(), "sha256")).decode()


def _answer(request_id: str, outcome: Outcome, log: str) -> HttpReply:
    """What a caller who waits gets; a function that failed is a 200 as well."""
    headers = {} if outcome.ok else {"X-Fc-Error-Type": "UnhandledInvocationError"}
    if log:
        headers["X-Fc-Log-Result"] = b64encode(log.encode()[-_TAIL:]).decode()
    return _reply(200, request_id, outcome.body, headers)


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
