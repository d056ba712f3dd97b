"""The layer between a request and the engine: throttling, faults on demand, the request log.

Typed in, typed out: callers are already authenticated, and nothing here handles bytes. In a test or
a simulation this is the fastest way to call ECS.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import NamedTuple

from local.ecs.account.regions import fingerprint
from local.ecs.account.state import JsonObject
from local.ecs.engine import Ecs
from local.ecs.errors import DeniedError, EcsError
from local.ecs.gateway.faults import (
    AnyFault,
    BrokenBody,
    ClockSkew,
    Cut,
    Delay,
    Faults,
    LostPermission,
    ProxyPage,
    Refuse,
    SlowBody,
)
from local.ecs.gateway.request_log import Effect, Entry, RequestLog, is_mutating
from local.ecs.gateway.spoiled import spoiled
from local.ecs.gateway.texts import text_of
from local.ecs.gateway.throttle import Throttle, ThrottledError
from local.ecs.products import Product
from local.ecs.ram.caller import Caller


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a response reaches the client; by default complete and immediately.

    Attributes:
        delay_s: real seconds before the first byte.
        pause_s: real seconds of pause in the middle of the body.
        cut: the connection is closed instead.
        truncated: the body ends half-way.
        proxy_page: a proxy's HTML comes instead.
    """

    delay_s: float = 0.0
    pause_s: float = 0.0
    cut: bool = False
    truncated: bool = False
    proxy_page: bool = False


PLAIN = Delivery()
LATEST = 100
"""How many responses are kept in full, for inspection."""


@dataclass(frozen=True, slots=True)
class Answer:
    """ECS's response.

    Attributes:
        action: the operation that was called.
        status: HTTP status.
        code: error code, ``""`` for a success.
        body: JSON-ready, with its ``RequestId``; an error's also has ``Code`` and ``Message``.
        headers: in addition to those of every response.
        delivery: how it reaches the client.
    """

    action: str
    status: int
    code: str
    body: JsonObject
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = PLAIN


class _AllowNothing:
    """An authorizer for a caller without permissions."""

    def allows(self, action: str, resource: str, tags: Mapping[str, str]) -> bool:  # noqa: ARG002  # the protocol's
        return False


class _Request(NamedTuple):
    action: str
    region: str
    parameters: Mapping[str, str]
    account_id: str
    request_id: str
    product: Product


class _Outcome(NamedTuple):
    status: int
    code: str
    body: JsonObject
    effect: Effect
    headers: Mapping[str, str] = {}


class Gateway:
    """ECS as one account's clients meet it. Thread-safe."""

    def __init__(
        self,
        engine: Ecs,
        *,
        throttle: Throttle | None = None,
        faults: Faults | None = None,
        log: RequestLog | None = None,
        seed: int = 0,
    ) -> None:
        """Put a gateway in front of an engine.

        Args:
            engine: the state; it may be replaced at any time.
            throttle: without one, nothing is throttled.
            faults: without them, none are active.
            log: by default, one that keeps all requests.
            seed: the seed of the request ids.
        """
        self.engine = engine
        self.throttle = throttle or Throttle()
        self.faults = faults or Faults()
        self.log = RequestLog() if log is None else log
        self._random = Random(seed)  # noqa: S311  # names to be repeated, not secrets
        self._latest: deque[Answer] = deque(maxlen=LATEST)

    def call(
        self,
        action: str,
        parameters: Mapping[str, str],
        caller: Caller,
        product: Product = Product.ECS,
    ) -> Answer:
        """Answer one request; an error of ECS is a response, too.

        Args:
            action: operation name.
            parameters: the operation's own, as on the wire.
            caller: who calls, and what RAM allows them.
            product: the product whose API version was used.
        """
        request = self._request(action, parameters, caller.account_id, product)
        faults = self.faults.strike(action, request.region)
        return self._answer(request, self._do(request, caller, faults), faults)

    def refuse(
        self,
        action: str,
        parameters: Mapping[str, str],
        error: EcsError,
        product: Product = Product.ECS,
    ) -> Answer:
        """Answer a request that was refused before its sender was known, and log it."""
        request = self._request(action, parameters, "", product)
        return self._answer(request, _refused(error, request, f"q={error.code}"))

    def reset(self, engine: Ecs) -> None:
        """Start over with another engine: no faults, no log, fresh windows."""
        self.engine = engine
        self.faults.clear()
        self.log.clear()
        self.throttle.reset()
        self._latest.clear()

    def latest(self, request_id: str) -> Answer:
        """One of the latest responses.

        Raises:
            KeyError: none of them has this request id.
        """
        for answer in tuple(self._latest):
            if answer.body.get("RequestId") == request_id:
                return answer
        raise KeyError(request_id)

    def _request(
        self, action: str, parameters: Mapping[str, str], account_id: str, product: Product
    ) -> _Request:
        region = parameters.get("RegionId", "")
        return _Request(action, region, parameters, account_id, self._request_id(), product)

    def _request_id(self) -> str:
        digits = f"{self._random.getrandbits(128):032X}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def _do(self, request: _Request, caller: Caller, faults: tuple[AnyFault, ...]) -> _Outcome:
        for fault in faults:
            if (lost := _before_the_write(fault, request)) is not None:
                return lost
            if isinstance(fault, LostPermission):
                caller = replace(caller, authorizer=_AllowNothing(), denied_is_empty=fault.empty)
        outcome = self._admit_and_do(request, caller)
        for fault in faults:
            outcome = _after_the_write(fault, request, outcome)
        return outcome

    def _admit_and_do(self, request: _Request, caller: Caller) -> _Outcome:
        try:
            self.throttle.admit(
                caller.account_id, request.region, request.action, self.engine.clock.now()
            )
            body = self.engine.call(request.action, request.parameters, caller, request.product)
        except EcsError as error:
            return _refused(error, request)
        effect = Effect.CHANGED if is_mutating(request.action) else Effect.READ
        return _Outcome(200, "", {**body, "RequestId": request.request_id}, effect)

    def _answer(
        self, request: _Request, outcome: _Outcome, faults: tuple[AnyFault, ...] = ()
    ) -> Answer:
        """Log the outcome of a request, and return it."""
        delivery = _delivery(faults) if faults else PLAIN
        self.log.add(
            Entry(
                at=self.engine.clock.now(),
                account_id=request.account_id,
                action=request.action,
                region=request.region,
                parameters=request.parameters,
                status=0 if delivery.cut else outcome.status,
                code="" if delivery.cut else outcome.code,
                effect=outcome.effect,
                request_id=request.request_id,
                faults=tuple(fault.kind for fault in faults),
            )
        )
        headers = {
            "x-acs-request-id": request.request_id,
            "x-acs-trace-id": f"{fingerprint('trace', request.request_id):032x}",
            **outcome.headers,
        }
        answer = Answer(
            request.action, outcome.status, outcome.code, outcome.body, headers, delivery
        )
        self._latest.append(answer)
        return answer


def _before_the_write(fault: AnyFault, request: _Request) -> _Outcome | None:
    """The outcome of a request that a fault keeps from ECS; None if it proceeds."""
    if isinstance(fault, Refuse) and not fault.after_write:
        return _refused(_as_told(fault), request)
    if isinstance(fault, ClockSkew):
        code = "InvalidTimeStamp.Expired"
        return _refused(EcsError(400, code, text_of(code)), request, f"q={code}")
    if isinstance(fault, Cut) and not fault.after_write:
        return _Outcome(0, "", {}, Effect.NONE)
    if isinstance(fault, ProxyPage):
        return _Outcome(fault.status, "", {}, Effect.NONE)
    return None


def _after_the_write(fault: AnyFault, request: _Request, outcome: _Outcome) -> _Outcome:
    """ECS's response as changed by a fault."""
    if isinstance(fault, Refuse):
        return _refused(_as_told(fault), request)._replace(effect=outcome.effect)
    if outcome.status != 200:  # noqa: PLR2004  # an error has no pages to spoil
        return outcome
    return outcome._replace(body=spoiled(fault, request.parameters, outcome.body))


def _as_told(fault: Refuse) -> EcsError:
    return EcsError(fault.status, fault.code, fault.message or text_of(fault.code))


def _delivery(faults: tuple[AnyFault, ...]) -> Delivery:
    return Delivery(
        delay_s=sum(fault.seconds for fault in faults if isinstance(fault, Delay)),
        pause_s=sum(fault.seconds for fault in faults if isinstance(fault, SlowBody)),
        cut=any(isinstance(fault, Cut) for fault in faults),
        truncated=any(isinstance(fault, BrokenBody) for fault in faults),
        proxy_page=any(isinstance(fault, ProxyPage) for fault in faults),
    )


def _refused(error: EcsError, request: _Request, query: str = "") -> _Outcome:
    """An error in ECS's format (Response results, API reference).

    Args:
        error: the error.
        request: the request.
        query: what the address of advice asks for, where it was not ECS itself that refused: the
            platform's gateway names neither product nor request in what it does not let through,
            and no request in throttling (real answers of 2024 and 2026, other products).
    """
    host, product = request.product.host(request.region), request.product.title
    if isinstance(error, ThrottledError):
        query = f"q={error.code}&product={product}"
    query = query or f"q={error.code}&product={product}&requestId={request.request_id}"
    body: JsonObject = {
        "RequestId": request.request_id,
        "HostId": host,
        "Code": error.code,
        "Message": error.message,
        "Recommend": f"https://api.aliyun.com/troubleshoot?{query}",
    }
    if isinstance(error, DeniedError):
        body["AccessDeniedDetail"] = error.detail
    headers = error.headers if isinstance(error, ThrottledError) else {}
    return _Outcome(error.status, error.code, body, Effect.NONE, headers)
