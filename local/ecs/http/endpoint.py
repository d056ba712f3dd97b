"""ECS's wire protocol, from bytes to bytes: which operation, in which format, signed by whom.

RPC style (everything in query and form) and ACS3 (action, version and signature in headers), for
ECS's version 2014-05-26, and the parts of vpc and STS that ECS programs call. No socket and no HTTP
library: a server and an in-process mount share it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

import msgspec

from local.ecs.errors import EcsError
from local.ecs.gateway.gateway import Answer, Gateway
from local.ecs.http.messages import HttpReply, HttpRequest
from local.ecs.http.signatures import OLD_TIMESTAMP, Credential, Verifier
from local.ecs.http.xml import to_xml
from local.ecs.products import BY_VERSION, Product
from local.ecs.ram.caller import Caller

_COMMON = frozenset(
    {
        "AccessKeyId",
        "Action",
        "Format",
        "SecurityToken",
        "Signature",
        "SignatureMethod",
        "SignatureNonce",
        "SignatureType",
        "SignatureVersion",
        "Timestamp",
        OLD_TIMESTAMP,
        "Version",
    }
)
_PROXY_PAGE = b"<html><body><h1>502 Bad Gateway</h1><p>The proxy had no answer.</p></body></html>"


def utc_now() -> datetime:
    """The wall clock's time."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True, slots=True)
class _Call:
    """A request as the gateway reads it.

    Attributes:
        action: ``""`` if it names none.
        version: ``""`` if it names none.
        json: whether the response is JSON; otherwise XML.
        acs3: whether it is signed in headers.
        parameters: everything in query and form.
    """

    action: str
    version: str
    json: bool
    acs3: bool
    parameters: Mapping[str, str]


class Wire:
    """Answers HTTP requests as ECS's endpoint does. Thread-safe."""

    def __init__(
        self,
        gateway: Gateway,
        credentials: Iterable[Credential],
        wall_clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Put the wire protocol in front of a gateway.

        Args:
            gateway: handles the requests.
            credentials: the known access keys.
            wall_clock: what signatures' times are compared with, aware. Not the engine's clock,
                which may run fast: clients sign with their own machine's time.
        """
        self.gateway = gateway
        self._wall_clock = wall_clock
        self.use(credentials)

    def use(self, credentials: Iterable[Credential]) -> None:
        """Accept only these access keys from now on."""
        self._verifier = Verifier(credentials)

    def handle(self, request: HttpRequest) -> HttpReply:
        """Answer one request; whatever it contains, there is a response."""
        call = _read(request)
        own = {name: value for name, value in call.parameters.items() if name not in _COMMON}
        product = BY_VERSION.get(call.version, Product.ECS)
        try:
            _check(request, call)
            caller = self._believe(request, call)
        except EcsError as error:
            answer = self.gateway.refuse(call.action, own, error, product)
        else:
            answer = self.gateway.call(call.action, own, caller, product)
        return _reply(answer, json=call.json)

    def _believe(self, request: HttpRequest, call: _Call) -> Caller:
        now = self._wall_clock()
        if call.acs3:
            return self._verifier.verify_acs3(request, now)
        return self._verifier.verify_rpc(request.method, call.parameters, now)


def _read(request: HttpRequest) -> _Call:
    parameters = {**request.query(), **request.form()}
    headers = request.headers
    if "x-acs-action" in headers and headers.get("authorization", "").startswith("ACS3-"):
        return _Call(
            action=headers["x-acs-action"],
            version=headers.get("x-acs-version", ""),
            json="xml" not in headers.get("accept", ""),
            acs3=True,
            parameters=parameters,
        )
    return _Call(
        action=parameters.get("Action", ""),
        version=parameters.get("Version", ""),
        # XML is the default, also for the "None" that the older SDK sends by default.
        json=parameters.get("Format", "").upper() == "JSON",
        acs3=False,
        parameters=parameters,
    )


def _check(request: HttpRequest, call: _Call) -> None:
    if request.method not in ("GET", "POST"):
        raise EcsError(403, "UnsupportedHTTPMethod", "This http method is not supported.")
    if request.path != "/":
        raise EcsError(
            404,
            "InvalidAction.NotFound",
            "Specified api is not found, please check your url and method.",
        )
    for name, value in (("Action", call.action), ("Version", call.version)):
        if not value:
            raise EcsError(400, f"Missing{name}", f"{name} is mandatory for this action.")
    if call.version not in BY_VERSION:
        raise EcsError(400, "InvalidVersion", "Specified parameter Version is not valid.")


def _reply(answer: Answer, *, json: bool) -> HttpReply:
    delivery = answer.delivery
    if delivery.proxy_page:
        body, content_type = _PROXY_PAGE, "text/html"
    elif json:
        body, content_type = msgspec.json.encode(answer.body), "application/json;charset=utf-8"
    else:
        root = "Error" if answer.code else f"{answer.action}Response"
        body, content_type = to_xml(root, answer.body), "text/xml;charset=utf-8"
    if delivery.truncated:
        body = body[: len(body) // 2]
    return HttpReply(
        status=answer.status,
        headers={"Content-Type": content_type, **answer.headers},
        body=body,
        delay_s=delivery.delay_s,
        pause_s=delivery.pause_s,
        cut=delivery.cut,
    )
