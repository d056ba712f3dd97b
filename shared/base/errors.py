"""Every error that an invocation can end with.

    CurfewError
    ├── InvalidEvent   the event is invalid; nothing was called
    ├── Refused        a guard on the whole run said no; nothing was changed; after a plan with it
    ├── AccessDenied   RAM says no; names the missing ``ecs:…`` action
    ├── Unavailable    ECS cannot be reached, or there are no credentials; nothing was changed
    └── Incomplete     some instances failed or are pending; carries the report

Function Compute shows the class name as ``errorType`` and the message as ``errorMessage``; it
retries asynchronous invocations that raise, then sends them to the failure destination. Messages
say what was wrong and what is expected, and never contain a credential or a signed URL.
"""

from __future__ import annotations

import traceback
from typing import NoReturn

from shared.base.printable import printable


class CurfewError(Exception):
    """The invocation failed; the subclass says how, and what may have changed.

    Names and foreign texts in the message are shown harmlessly: see ``shared.base.printable``.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


class InvalidEvent(CurfewError):  # noqa: N818  # Function Compute shows the class name to people
    """The event is invalid: which field, what was there, what is expected."""


class Refused(CurfewError):  # noqa: N818  # likewise
    """A guard on the whole run said no: number cap, stale event, account, region, no selection."""


class AccessDenied(CurfewError):  # noqa: N818  # likewise
    """RAM does not allow an ECS action that the function needs; the message names it.

    Attributes:
        code: ECS's own code, e.g. ``Forbidden.RAM``.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Unavailable(CurfewError):  # noqa: N818  # likewise
    """ECS could not be reached or returned an invalid response, or there are no credentials.

    Attributes:
        unknown_region: ECS says, or its missing host shows, that there is no such region.
        unreadable: One row of a response cannot be parsed; the others can.
        late: Its turn did not come while the response would have been useful; it may be retried.
    """

    def __init__(
        self,
        message: str,
        *,
        unknown_region: bool = False,
        unreadable: bool = False,
        late: bool = False,
    ) -> None:
        super().__init__(message)
        self.unknown_region = unknown_region
        self.unreadable = unreadable
        self.late = late


class Incomplete(CurfewError):  # noqa: N818  # likewise
    """Some instances failed or are pending: one sentence, then the report as JSON."""


UNFORESEEN = "unforeseen"
"""How a sentence about an unforeseen error begins."""


def unforeseen(error: Exception) -> str:
    """A sentence that names an unforeseen error.

    Without its text, which may contain a response or a secret.
    """
    at = places(error)
    return f"{UNFORESEEN}: {type(error).__name__} at {at[-1] if at else 'an unknown place'}"


def places(error: Exception) -> list[str]:
    """Where in the code an error was raised, outermost first: ``domain/plan.py:70``."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{'/'.join(frame.filename.rsplit('/', 2)[-2:])}:{frame.lineno}" for frame in frames]


def assert_never(value: NoReturn) -> NoReturn:
    """The end of a match over a closed union: an unhandled member does not type-check.

    Python 3.10 does not have one.
    """
    raise AssertionError(f"{type(value).__name__} is not handled")
