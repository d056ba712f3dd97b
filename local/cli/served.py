"""A running emulator, queried from another process: its state and its clock.

Its control endpoint (``/_local/…``) is plain HTTP on this machine, so no proxy applies, and no
other machine is contacted.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from threading import Lock
from typing import Annotated, Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec

from local.ecs.cli import PORT
from local.ecs.http.control import PREFIX
from shared.ecs.total_timeout import TimedResponse
from shared.ecs.transport import NoResponse
from shared.settings.settings import is_loopback

ASK_EVERY_S = 1.0
"""At most this many real seconds between two queries of its clock."""
NAP_S = 0.5
"""At most this many real seconds of sleep without a query of its clock."""
_TIMEOUT_S = 10.0
_MAX_BYTES = 256 * 1024 * 1024
"""The size limit of a response: a fleet of 100,000 instances takes some 80 MB."""
_OK, _HTTP_PORT = 200, 80
_LAST_YEAR = 9_000
"""Whatever is shown of a time, in any zone and some days later, is a time."""

T = TypeVar("T")


class NotServedError(Exception):
    """No emulator responds there; the message says what does."""


class NobodyListensError(NotServedError):
    """Nothing listens there; the message says how to start an emulator that does."""


Moment = Annotated[datetime, msgspec.Meta(tz=True)]


def check_moments(*moments: datetime | None) -> None:
    """Refuse times that have no zone, or are out of range.

    Raises:
        ValueError: one of them is such a time.
    """
    for one in moments:
        if one is not None and (one.tzinfo is None or not 1 < one.year < _LAST_YEAR):
            raise ValueError("a time out of range")


class Reading(msgspec.Struct, frozen=True):
    """What an emulator's clock shows.

    Attributes:
        now: The time there.
        speed: Its seconds per real second; 0: it stands still and is advanced by hand.
    """

    now: Moment
    speed: Annotated[float, msgspec.Meta(ge=0, le=1e6)]

    def __post_init__(self) -> None:
        """Refuse a time that cannot be used."""
        check_moments(self.now)


class Real(Protocol):
    """This machine's time."""

    def monotonic(self) -> float:
        """Seconds since some moment."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Wait."""
        ...


def ask(endpoint: str, name: str, form: type[T]) -> T:
    """Query an emulator's control endpoint.

    Args:
        endpoint: Where it listens, as ``http://127.0.0.1:PORT``.
        name: What to query: ``state``, ``clock``.
        form: The type of the response.

    Raises:
        NobodyListensError: the connection was refused.
        NotServedError: nothing responds, or not an emulator, or it is not on this machine.
    """
    url = urlsplit(endpoint)
    if url.scheme != "http" or not is_loopback(url.hostname or ""):
        raise NotServedError(f"{endpoint} is not an emulator on this machine")
    try:
        status, body = _answer(url.hostname or "", url.port or _HTTP_PORT, f"{PREFIX}{name}")
    except (NoResponse, HTTPException, OSError) as error:
        kind = NobodyListensError if isinstance(error, ConnectionRefusedError) else NotServedError
        option = "" if url.port in {None, PORT} else f" --port {url.port}"
        raise kind(
            f"no emulator is listening at {endpoint}; start one with: python -m local serve{option}"
        ) from None
    if status != _OK:
        raise NotServedError(f"{endpoint} returns HTTP {status}")
    try:
        return msgspec.json.decode(body, type=form)
    except (msgspec.MsgspecError, RecursionError):
        raise NotServedError(f"the server at {endpoint} is not this emulator") from None


class _Answer(TimedResponse):
    """A response that may be as long as a large fleet."""

    @property
    def max_bytes(self) -> int:
        """The limit on its total size."""
        return _MAX_BYTES


class _Connection(HTTPConnection):
    response_class = _Answer


def _answer(host: str, port: int, path: str) -> tuple[int, bytes]:
    """The status and body of the response, within ten seconds; redirects are not followed."""
    connection = _Connection(host, port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", path)
        with connection.getresponse() as answer:
            return answer.status, answer.read()
    finally:
        connection.close()


class ServedClock:
    """The clock of a running emulator, for use from here. Thread-safe.

    Between two queries it runs by itself at the reported speed, and continues to do so if nothing
    responds any more: the fate of the run is not up to the clock. It never runs backwards, even if
    the emulator is reset.
    """

    def __init__(self, endpoint: str, real: Real = time) -> None:
        """Query the time.

        Raises:
            NotServedError: no emulator responds there.
        """
        self._endpoint = endpoint
        self._real = real
        self._lock = Lock()
        self._reading = ask(endpoint, "clock", Reading)
        self._asked_at = real.monotonic()
        self._shown = self._reading.now

    @property
    def speed(self) -> float:
        """How many of its seconds passed per real second at the last query."""
        with self._lock:
            return self._reading.speed

    def now(self) -> datetime:
        """The time there, in UTC."""
        with self._lock:
            moment = self._real.monotonic()
            if moment - self._asked_at >= ASK_EVERY_S:
                self._ask_again(moment)
                moment = self._real.monotonic()
            passed = max(0.0, moment - self._asked_at) * self._reading.speed
            self._shown = max(self._shown, self._reading.now + timedelta(seconds=passed))
            return self._shown

    def sleep(self, seconds: float) -> None:
        """Wait until this many of its seconds have passed, or somebody has advanced it."""
        until = self.now() + timedelta(seconds=seconds)
        while (left := (until - self.now()).total_seconds()) > 0:
            speed = self.speed
            self._real.sleep(min(left / speed, NAP_S) if speed else NAP_S)

    def _ask_again(self, moment: float) -> None:
        """Read the clock again; if nothing responds, continue from the time that it shows now."""
        try:
            self._reading = ask(self._endpoint, "clock", Reading)
        except NotServedError:
            passed = timedelta(seconds=(moment - self._asked_at) * self._reading.speed)
            self._reading = Reading(self._reading.now + passed, self._reading.speed)
            self._asked_at = moment
        else:
            # Taken after the response, so that it is never later here than there.
            self._asked_at = self._real.monotonic()
