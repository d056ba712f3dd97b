"""The emulator's own endpoint, ``/_local/…``: inspect it, advance its clock, set faults.

Not part of ECS: unsigned JSON, for people and tests on this machine. `local.ecs.http.hosts` has
already checked whether a request may be answered at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, TypeAlias

import msgspec

from local.ecs.clock import ManualClock, RealClock
from local.ecs.complaints import decoded, there_are
from local.ecs.engine import ACTIONS
from local.ecs.gateway.faults import InForce, parse_fault
from local.ecs.gateway.gateway import Gateway
from local.ecs.gateway.throttle import UNLIMITED, Limits, read_denial
from local.ecs.http.messages import HttpReply, HttpRequest
from local.ecs.http.panels import Panel
from local.ecs.http.status_page import status_page

PREFIX = "/_local/"
PAGES = frozenset({PREFIX, PREFIX.rstrip("/")})
"""The path of the status page."""

_Body: TypeAlias = Mapping[str, Any]


class _ControlError(Exception):
    """A request that this endpoint refuses."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _ClockMove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    advance_s: Annotated[float, msgspec.Meta(ge=0, le=10 * 366 * 86400)] = 0.0
    speed: Annotated[float, msgspec.Meta(gt=0, le=1e6)] | None = None


class _Throttling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The throttling limits, as in JSON; omitted ones are the initial ones."""

    calls: dict[str, Annotated[int, msgspec.Meta(ge=0)]] = {}
    otherwise: Annotated[int, msgspec.Meta(ge=UNLIMITED)] = UNLIMITED
    window_s: Annotated[float, msgspec.Meta(ge=0.1, le=3600)] = 60.0
    throttled_as: str = "Throttling.User"
    retry_after: bool = False

    def limits(self) -> Limits:
        """The same as the throttle's limits.

        Raises:
            ValueError: there is no such API, or no such refusal.
        """
        if unknown := sorted(set(self.calls) - ACTIONS):
            hint = there_are(unknown[0], sorted(ACTIONS))
            raise ValueError(f"calls.{unknown[0]}: there is no such API; {hint}")
        return Limits(
            self.calls,
            self.otherwise,
            timedelta(seconds=self.window_s),
            read_denial(self.throttled_as),
            self.retry_after,
        )


class Control:
    """Answers ``/_local/…``. Thread-safe."""

    def __init__(
        self, gateway: Gateway, reset: Callable[[], None], panels: Sequence[Panel] = ()
    ) -> None:
        """Put the endpoint beside a gateway.

        Args:
            gateway: what to inspect and control.
            reset: restarts the whole emulator.
            panels: what else the status page shows.
        """
        self._gateway = gateway
        self._reset = reset
        self._panels = panels
        self._routes: Mapping[tuple[str, str], Callable[[HttpRequest], _Body]] = {
            ("GET", "health"): self._health,
            ("GET", "state"): self._state,
            ("POST", "reset"): self._start_anew,
            ("GET", "clock"): self._show_clock,
            ("POST", "clock"): self._move_clock,
            ("GET", "throttle"): self._show_throttle,
            ("POST", "throttle"): self._throttle,
            ("DELETE", "throttle"): self._unthrottle,
            ("GET", "faults"): self._show_faults,
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "log"): self._show_log,
            ("DELETE", "log"): self._clear_log,
            ("GET", "answers"): self._show_answer,
            ("GET", "panels"): self._show_panels,
        }

    def handle(self, request: HttpRequest) -> HttpReply:
        """Answer one request; a refusal is ``{"error": …}`` with a status of 400 or above."""
        try:
            if request.method == "GET" and request.path in PAGES:
                return status_page()
            return _json(200, self._route(request)(request))
        except _ControlError as error:
            return _json(error.status, {"error": str(error)})
        except ValueError as error:
            return _json(400, {"error": str(error)})

    def _route(self, request: HttpRequest) -> Callable[[HttpRequest], _Body]:
        name = request.path.removeprefix(PREFIX).partition("/")[0]
        if route := self._routes.get((request.method, name)):
            return route
        if allowed := sorted(method for method, known in self._routes if known == name):
            raise _ControlError(405, f"{PREFIX}{name} takes {', '.join(allowed)}")
        known_names = ", ".join(sorted({known for _, known in self._routes}))
        raise _ControlError(404, f"{PREFIX} has {known_names}; not {name!r}")

    def _health(self, _: HttpRequest) -> _Body:
        return {"status": "ok", "now": self._gateway.engine.clock.now()}

    def _state(self, request: HttpRequest) -> _Body:
        """The whole state; with ``?limit=N`` the first N of each kind, and the totals."""
        engine = self._gateway.engine
        kinds = {
            "instances": engine.instances(),
            "disks": engine.disks(),
            "snapshots": engine.snapshots(),
            "security_groups": engine.security_groups(),
        }
        limit = _number(request, "limit")
        return {
            "now": engine.clock.now(),
            "totals": {kind: len(each) for kind, each in kinds.items()},
            **{kind: each[:limit] for kind, each in kinds.items()},
        }

    def _start_anew(self, _: HttpRequest) -> _Body:
        self._reset()
        return {"instances": len(self._gateway.engine.instances())}

    def _show_clock(self, _: HttpRequest) -> _Body:
        clock = self._gateway.engine.clock
        return {
            "now": clock.now(),
            "speed": clock.speed if isinstance(clock, RealClock) else 0.0,
        }

    def _move_clock(self, request: HttpRequest) -> _Body:
        move = decoded(request.body, _ClockMove)
        clock = self._gateway.engine.clock
        if not isinstance(clock, RealClock | ManualClock):
            raise _ControlError(409, f"this clock cannot be moved: {type(clock).__name__}")
        if move.speed is not None:
            if isinstance(clock, ManualClock):
                raise _ControlError(409, "this clock is only moved by hand and has no speed")
            clock.set_speed(move.speed)
        clock.advance(timedelta(seconds=move.advance_s))
        return self._show_clock(request)

    def _show_throttle(self, _: HttpRequest) -> _Body:
        limits = self._gateway.throttle.limits
        denial = limits.denial
        return {
            "calls": limits.calls,
            "otherwise": limits.otherwise,
            "window_s": limits.window.total_seconds(),
            "throttled_as": f"{denial.status}:{denial.code}",
            "retry_after": limits.retry_after,
        }

    def _throttle(self, request: HttpRequest) -> _Body:
        """Replace the limits."""
        asked = decoded(request.body, _Throttling)
        self._gateway.throttle.limits = asked.limits()
        return self._show_throttle(request)

    def _unthrottle(self, request: HttpRequest) -> _Body:
        self._gateway.throttle.limits = Limits()
        return self._show_throttle(request)

    def _show_faults(self, _: HttpRequest) -> _Body:
        return {"faults": [_shown(each) for each in self._gateway.faults.snapshot()]}

    def _add_fault(self, request: HttpRequest) -> _Body:
        return {"number": self._gateway.faults.add(parse_fault(request.body))}

    def _clear_faults(self, request: HttpRequest) -> _Body:
        number = request.path.removeprefix(f"{PREFIX}faults").strip("/")
        if not number:
            self._gateway.faults.clear()
        else:
            try:
                self._gateway.faults.remove(int(number))
            except (KeyError, ValueError):
                raise _ControlError(404, f"no fault {number!r} is in force") from None
        return self._show_faults(request)

    def _show_log(self, request: HttpRequest) -> _Body:
        """The requests, oldest first; with ``?last=N`` the latest N of them."""
        entries = self._gateway.log.entries()
        last = _number(request, "last")
        return {"requests": entries if last is None else entries[max(0, len(entries) - last) :]}

    def _clear_log(self, request: HttpRequest) -> _Body:
        self._gateway.log.clear()
        return self._show_log(request)

    def _show_answer(self, request: HttpRequest) -> _Body:
        """The full response to one of the latest requests, by its request id."""
        request_id = request.path.removeprefix(f"{PREFIX}answers").strip("/")
        try:
            return self._gateway.latest(request_id).body
        except KeyError:
            raise _ControlError(404, f"no answer {request_id!r} is kept") from None

    def _show_panels(self, _: HttpRequest) -> _Body:
        return {"panels": [panel.shown() for panel in self._panels]}


def _number(request: HttpRequest, name: str) -> int | None:
    """A query parameter that is a whole number; None when it is absent."""
    text = request.query().get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise _ControlError(400, f"{name} must be a whole number, not {text!r}")
    return int(text)


def _shown(each: InForce) -> _Body:
    return {"number": each.number, "met": each.met, "struck": each.struck, "fault": each.fault}


def _json(status: int, body: _Body) -> HttpReply:
    headers = {"Content-Type": "application/json;charset=utf-8"}
    return HttpReply(status, headers, msgspec.json.encode(body))
