"""The platform's throttling: a number of calls per API, region, account and window.

"If an API is throttled in minute T, it is allowed again only from minute T+1"; other APIs, regions
and accounts are not affected (API throttling, ECS). The numbers are not published, so they are
options; without any, nothing is throttled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from math import ceil
from threading import Lock

from local.ecs.errors import EcsError

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class Denial:
    """The response to a throttled call. ECS has several forms, recognised by the code's prefix.

    Attributes:
        status: 400, 403 and 503 all occur.
        code: starts with ``Throttling`` or is ``Rejected.Throttling``.
        message: the text that goes with the code.
    """

    status: int
    code: str
    message: str


THROTTLING = Denial(400, "Throttling", "Request was denied due to request throttling.")
"""As DescribePrice has it (API reference)."""
THROTTLING_USER = Denial(400, "Throttling.User", "Request was denied due to user flow control.")
"""As DescribePrice has it (API reference)."""
THROTTLING_API = Denial(400, "Throttling.Api", "Request was denied due to api flow control.")
"""As other products' references have it (Common errors)."""
THROTTLING_SNAPSHOT = Denial(403, "Throttling", "Request was denied due to user flow control.")
"""As CreateSnapshot has it (API reference)."""
REJECTED_THROTTLING = Denial(503, "Rejected.Throttling", "Request was denied due to throttling.")
"""A code that clients retry on; its status and text are not documented."""
DENIALS: Mapping[str, Denial] = {
    "Throttling": THROTTLING,
    "Throttling.User": THROTTLING_USER,
    "Throttling.Api": THROTTLING_API,
    "Throttling-403": THROTTLING_SNAPSHOT,
    "Rejected.Throttling": REJECTED_THROTTLING,
}
"""The known forms, by their names on the command line."""
_OTHER = re.compile(r"([45][0-9]{2}):([A-Za-z.]{1,64})")


def read_denial(text: str) -> Denial:
    """One of `DENIALS` by its name, or any other as ``STATUS:CODE``: ``429:Throttling.Api``.

    Raises:
        ValueError: it is neither.
    """
    if text in DENIALS:
        return DENIALS[text]
    if other := _OTHER.fullmatch(text):
        return Denial(int(other[1]), other[2], "Request was denied due to flow control.")
    raise ValueError(
        f"{text!r} is not one of {', '.join(DENIALS)}; write another one like 429:Throttling.Api"
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """How many calls a window allows, and what happens to the rest.

    Attributes:
        calls: by operation name, the calls of one window; `UNLIMITED`, or 0 and more.
        otherwise: the same for every operation that ``calls`` does not name.
        window: the length of a window; windows begin at whole multiples of it.
        denial: the response to the rest.
        retry_after: also send ``x-acs-retry-after`` with the window's remaining milliseconds.
            ECS documents no such header; newer clients read it.
    """

    calls: Mapping[str, int] = field(default_factory=dict)
    otherwise: int = UNLIMITED
    window: timedelta = timedelta(minutes=1)
    denial: Denial = THROTTLING_USER
    retry_after: bool = False


class ThrottledError(EcsError):
    """One call too many; ``headers`` go with the response."""

    def __init__(self, denial: Denial, headers: Mapping[str, str]) -> None:
        super().__init__(denial.status, denial.code, denial.message)
        self.headers = headers


class Throttle:
    """Counts calls. Thread-safe.

    Attributes:
        limits: the current ones; may be replaced at any time.
    """

    def __init__(self, limits: Limits = Limits()) -> None:
        self.limits = limits
        self._first = limits
        self._window = -1
        self._counts: dict[tuple[str, str, str], int] = {}
        self._lock = Lock()

    def admit(self, account_id: str, region: str, action: str, now: datetime) -> None:
        """Count one call.

        Args:
            account_id: all its users and roles share one count.
            region: as the request names it.
            action: the operation's name.
            now: the platform's time, aware.

        Raises:
            ThrottledError: the window's calls are used up; this lasts until the next window.
        """
        limit = self.limits.calls.get(action, self.limits.otherwise)
        if limit == UNLIMITED:
            return
        window, elapsed = divmod(now - _EPOCH, self.limits.window)
        key = (account_id, region, action)
        with self._lock:
            if window != self._window:
                self._window = window
                self._counts.clear()
            count = self._counts[key] = self._counts.get(key, 0) + 1
        if count > limit:
            raise ThrottledError(self.limits.denial, self._headers(self.limits.window - elapsed))

    def reset(self) -> None:
        """Forget all calls, and restore the initial limits."""
        with self._lock:
            self.limits = self._first
            self._counts.clear()

    def _headers(self, left: timedelta) -> dict[str, str]:
        if not self.limits.retry_after:
            return {}
        return {"x-acs-retry-after": str(ceil(left / timedelta(milliseconds=1)))}
