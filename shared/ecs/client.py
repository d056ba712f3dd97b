"""One region's ECS API: calls that are paced, bounded by the deadline, counted and classified.

Reads may be repeated, writes may not: if a write's response was lost, only a read can tell whether
it was done. What a refusal means is in ``shared.domain.retries``.
"""

from __future__ import annotations

import copy
import threading
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from shared.base.clock import Clock, Deadline
from shared.base.errors import AccessDenied, Unavailable
from shared.domain.outcome import NotSent
from shared.domain.retries import MAX_TRIES, Kind
from shared.ecs.pacer import Outlook, Pacer
from shared.ecs.regions import hint, is_listed
from shared.ecs.transport import ErrorResponse, NoResponse, Transport

CALLS_AT_ONCE = 8
"""How many calls are in flight at once, each for many instances."""

SINGLES_AT_ONCE = 16
"""The same where ECS has no batch form. More gain nothing: the SDK's CPU time is the limit."""

READ_TIMEOUT_S = 10.0
WRITE_TIMEOUT_S = 30.0
_FIRST_RETRY_S = 0.2


class Answer(msgspec.Struct, frozen=True):
    """ECS's response, and when the call was sent."""

    body: Mapping[str, Any]
    asked_at: datetime


class _Sent:
    """What has been sent, counted over all copies of a ``Client``."""

    calls = 0
    writes = 0


class Client:
    """The operations of ECS in one region; safe for threads.

    Attributes:
        region: The region's id.
        clock: The clock that all waiting uses.
    """

    def __init__(self, region: str, transport: Transport, clock: Clock, deadline: Deadline) -> None:
        self.region = region
        self.clock = clock
        self._transport = transport
        self._deadline = deadline
        self._read_until = deadline.work_until
        self._turn_by: datetime | None = None
        self._lock = threading.Lock()
        self._pacers: dict[str, Pacer] = defaultdict(lambda: Pacer(clock))
        self._sent = _Sent()

    @property
    def calls(self) -> int:
        """How many calls have been sent."""
        return self._sent.calls

    @property
    def writes(self) -> int:
        """How many of them could change something."""
        return self._sent.writes

    def reading_until(self, moment: datetime) -> Client:
        """The same calls, with the same pacer and count; reads end at this moment."""
        sooner = copy.copy(self)
        sooner._read_until = min(moment, self._deadline.work_until)  # noqa: SLF001  # its own copy
        return sooner

    def in_turn_by(self, moment: datetime | None) -> Client:
        """The same calls; reads that are throttled beyond this moment are late.

        They raise ``Unavailable`` with ``late``. None: they wait as long as reads may.
        """
        bounded = copy.copy(self)
        bounded._turn_by = moment  # noqa: SLF001  # its own copy
        return bounded

    def outlook(self, operation: str, now: datetime) -> Outlook:
        """When ECS will probably accept calls of this operation, and how many."""
        return self._pacer(operation).outlook(now)

    def read(self, operation: str, parameters: Mapping[str, str]) -> Answer:
        """Make a read call, repeatedly if need be.

        Raises:
            AccessDenied: RAM does not allow it.
            Unavailable: no response within five tries or the deadline, or the credentials are not
                accepted, or ECS refuses the call or does not know the region.
            ErrorResponse: only ``DryRunOperation``, which is how ECS says yes to a dry run.
        """
        tries = MAX_TRIES[Kind.PASSING]
        problem = "no request could be sent to ECS"
        turn_by = min(self._turn_by or self._read_until, self._read_until)
        for attempt in range(1, tries + 1):
            try:
                answer = self._send(operation, parameters, self._read_until, turn_by=turn_by)
            except NoResponse as failure:
                problem = failure.reason
                if failure.unresolved and not is_listed(self.region):
                    raise self._unknown_region(problem) from None
            except ErrorResponse as refusal:
                problem = self._read_problem(operation, refusal)
            else:
                if isinstance(answer, NotSent):
                    problem = "ECS throttles it" if answer.throttled else problem
                    raise Unavailable(
                        f"{operation} in {self.region}: {problem}, and no time is left",
                        late=turn_by < self._read_until,
                    )
                return answer
            turn_by = self._read_until  # a failure here applies to all tries
            if attempt < tries:
                self._pause(_FIRST_RETRY_S * 2 ** (attempt - 1))
        raise Unavailable(f"{operation} in {self.region}: {problem}, {tries} times")

    def write(
        self, operation: str, parameters: Mapping[str, str], until: datetime
    ) -> Answer | NotSent:
        """Make a write call, once; repeated only if ECS throttled it.

        Args:
            operation: ECS's name for it.
            parameters: As they go over the wire, without the region.
            until: The latest time to send it.

        Raises:
            ErrorResponse: ECS refused; nothing was done.
            NoResponse: it may or may not have been done.
            Unavailable: the credentials are not accepted.
        """
        try:
            return self._send(operation, parameters, until, is_write=True)
        except ErrorResponse as refusal:
            if refusal.kind is Kind.CREDENTIALS:
                raise Unavailable(_bad_credentials(refusal)) from None
            raise

    def _send(  # noqa: PLR0913  # what differs between the ways to ask
        self,
        operation: str,
        parameters: Mapping[str, str],
        until: datetime,
        *,
        turn_by: datetime | None = None,
        is_write: bool = False,
        repeats: bool = True,
    ) -> Answer | NotSent:
        pacer = self._pacer(operation)
        timeout_s = WRITE_TIMEOUT_S if is_write else READ_TIMEOUT_S
        until = min(until, self._deadline.work_until)
        while permit := pacer.acquire(turn_by or until):
            with self._lock:
                self._sent.calls += 1
                self._sent.writes += is_write
            asked_at = self.clock.now()
            try:
                body = self._transport.send(
                    operation,
                    {"RegionId": self.region, **parameters},
                    timeout_s=min(timeout_s, self._left_s(until if not is_write else None)),
                )
            except ErrorResponse as refusal:
                if refusal.kind is Kind.THROTTLED:
                    pacer.throttled(permit, refusal.retry_after_s)
                    if repeats:
                        continue
                    raise
                pacer.succeeded(permit)
                raise
            except BaseException:
                pacer.given_up()
                raise
            pacer.succeeded(permit)
            return Answer(body, asked_at)
        return NotSent(throttled=pacer.outlook(self.clock.now()).calls is not None)

    def ask_in_one_call(
        self, operation: str, parameters: Mapping[str, str], until: datetime
    ) -> Answer:
        """Make a read with at most one call, even if it is throttled.

        Raises:
            ErrorResponse: ECS refused, even if only by throttling.
            NoResponse: nothing readable came back, or its turn did not come in time.
        """
        answer = self._send(operation, parameters, until, repeats=False)
        if isinstance(answer, NotSent):
            raise NoResponse("ECS throttles it" if answer.throttled else "there was no time for it")
        return answer

    def ask_once(
        self, operation: str, parameters: Mapping[str, str], until: datetime
    ) -> Answer | None:
        """Make a read once, at the latest by then; None if ECS does not respond.

        Raises:
            Unavailable: ECS does not know the region.
        """
        try:
            answer = self._send(operation, parameters, until)
        except ErrorResponse as refusal:
            if refusal.code.startswith("InvalidRegionId"):
                raise self._unknown_region(refusal.code) from None
            return None
        except NoResponse as failure:
            if failure.unresolved and not is_listed(self.region):
                raise self._unknown_region(failure.reason) from None
            return None
        return None if isinstance(answer, NotSent) else answer

    def _read_problem(self, operation: str, refusal: ErrorResponse) -> str:
        """What to say about a refused read that may be repeated; other errors are raised."""
        if refusal.code == "DryRunOperation":
            raise refusal
        if refusal.kind is Kind.DENIED:
            raise denied(operation, self.region, refusal) from None
        if refusal.kind is Kind.CREDENTIALS:
            raise Unavailable(_bad_credentials(refusal)) from None
        if refusal.code.startswith("InvalidRegionId"):
            raise self._unknown_region(refusal.code) from None
        if refusal.kind not in {Kind.PASSING, Kind.BUSY}:
            raise Unavailable(
                f"{operation} in {self.region}: ECS returned {refusal.code}: {refusal.message}"
            ) from None
        return f"ECS returns {refusal.code}"

    def _unknown_region(self, problem: str) -> Unavailable:
        return Unavailable(
            f"{self.region} is not a region that ECS knows ({problem}). {hint(self.region)}",
            unknown_region=True,
        )

    def _left_s(self, until: datetime | None) -> float:
        """Seconds that a call may still take so that its outcome can be reported.

        A read ends with the time for reads, a write halfway between the deadline and the end.
        """
        if until is None or until >= self._deadline.work_until:
            spare = self._deadline.killed_at - self._deadline.work_until
            until = self._deadline.work_until + spare / 2
        return max((until - self.clock.now()).total_seconds(), 0.1)

    def _pause(self, seconds: float) -> None:
        left = (self._read_until - self.clock.now()).total_seconds()
        self.clock.sleep(max(0.0, min(seconds, left)))

    def _pacer(self, operation: str) -> Pacer:
        with self._lock:
            return self._pacers[operation]


def denied(operation: str, region: str, refusal: ErrorResponse) -> AccessDenied:
    """The error that names the missing permission, and what else RAM says about it."""
    what, remedy = refusal.denied.in_words(operation)
    return AccessDenied(f"{what} in {region} ({refusal.code}); {remedy}", refusal.code)


def _bad_credentials(refusal: ErrorResponse) -> str:
    if "time" in refusal.code.lower():
        return (
            f"ECS rejects the request's timestamp ({refusal.code}); this machine's clock is wrong"
        )
    return f"ECS rejects the credentials ({refusal.code}); check the function's role"
