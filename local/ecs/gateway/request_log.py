"""The request log: the requests to ECS, its responses, and whether they had an effect.

For tests to assert on; nothing here reaches a file. Signatures are not part of an operation's
parameters and are not logged.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from threading import Lock

_READING = ("Describe", "List", "Get")


class Effect(str, Enum):
    """What ECS did with a request, whatever response the client got."""

    NONE = "none"
    """It did not reach the engine, or was refused there."""
    READ = "read"
    CHANGED = "changed"
    """A write was carried out, at least for some of its instances."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One request.

    Attributes:
        at: the platform's time, aware.
        account_id: the account whose key signed it; ``""`` if the signature was invalid.
        action: operation name, as sent.
        region: region id, ``""`` if it named none.
        parameters: the operation's own, as on the wire.
        status: the HTTP status that the client received; 0 if the connection was cut.
        code: the error code that the client received, otherwise ``""``.
        effect: its effect.
        request_id: as in the response.
        faults: kinds of the faults that hit it.
    """

    at: datetime
    account_id: str
    action: str
    region: str
    parameters: Mapping[str, str]
    status: int
    code: str
    effect: Effect
    request_id: str
    faults: tuple[str, ...] = ()

    @property
    def is_mutating(self) -> bool:
        """Whether it would have changed something: neither a read nor a dry run."""
        return is_mutating(self.action) and self.parameters.get("DryRun", "").lower() != "true"

    def names(self, resource_id: str) -> bool:
        """Whether a parameter is this id, or a JSON list that contains it."""
        return any(
            value == resource_id or f'"{resource_id}"' in value
            for value in self.parameters.values()
        )


class RequestLog:
    """The requests, oldest first. Thread-safe; a query sees those answered before it."""

    def __init__(self, keep: int | None = None) -> None:
        """Start empty.

        Args:
            keep: how many requests to remember, the latest ones; None for all of them.
        """
        self._entries: deque[Entry] = deque(maxlen=keep)
        self._lock = Lock()

    def add(self, entry: Entry) -> None:
        """Add the latest request."""
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._entries.clear()

    def entries(self) -> tuple[Entry, ...]:
        """All requests remembered."""
        with self._lock:
            return tuple(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries())

    def __len__(self) -> int:
        return len(self._entries)

    def actions(self) -> tuple[str, ...]:
        """The operations' names, in the order of the calls."""
        return tuple(each.action for each in self.entries())

    def count(self, action: str) -> int:
        """How often an operation was called, whatever the response."""
        return self.actions().count(action)

    def mutating(self) -> tuple[Entry, ...]:
        """The requests that would change something, including refused ones, without dry runs."""
        return tuple(each for each in self.entries() if each.is_mutating)

    def touched(self, resource_id: str) -> tuple[Entry, ...]:
        """Of `mutating`, the requests that name this instance, disk or snapshot."""
        return tuple(each for each in self.mutating() if each.names(resource_id))


def is_mutating(action: str) -> bool:
    """Whether an operation changes anything: all except Describe, List and Get do."""
    return not action.startswith(_READING)
