"""What the API reference says of an operation: its parameters, and how it refuses.

The facts are data, in ``reference.json`` beside this file, each operation with its source. A rule
names a code; status and text come from the table, and a code that the table does not have for the
operation cannot be raised.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import msgspec

from local.ecs.errors import EcsError

_FILE = Path(__file__).with_name("reference.json")


class Row(msgspec.Struct, array_like=True, frozen=True):
    """One refusal; its source is the operation's unless it has one of its own."""

    status: int
    code: str
    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Documented:
    """One operation as its reference has it.

    Attributes:
        source: a key of `sources`.
        parameters: names, ``Tag.N.Key`` as ``Tag``; without RegionId, ClientToken, DryRun and the
            owner's.
    """

    source: str
    parameters: frozenset[str]
    errors: tuple[Row, ...]

    def error(self, code: str, having: str = "", **details: str) -> EcsError:
        """The refusal with this code.

        Args:
            code: ECS's.
            having: what the text has in it, where the code has several texts.
            details: what stands for ``{name}`` in it.

        Raises:
            KeyError: the reference knows no such refusal of the operation.
        """
        for row in self.errors:
            if row.code == code and having in row.text:
                text = row.text.format(**details) if details else row.text
                return EcsError(row.status, code, text)
        raise KeyError(code)


@dataclass(frozen=True, slots=True)
class _File:
    comment: str
    sources: dict[str, str]
    operations: dict[str, Documented]


@functools.cache
def _read() -> _File:
    return msgspec.json.decode(_FILE.read_bytes(), type=_File)


def documented(operation: str) -> Documented:
    """What is documented of an operation.

    Raises:
        KeyError: the table does not have it.
    """
    return _read().operations[operation]


def all_documented() -> dict[str, Documented]:
    """All operations that the table has."""
    return dict(_read().operations)


def sources() -> dict[str, str]:
    """What each source is."""
    return dict(_read().sources)
