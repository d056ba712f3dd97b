"""What the API reference says about an operation: its parameters, and its refusals.

The facts are data, in ``reference.json`` beside this file, each operation with its source. A rule
names a code; status and text come from the table, and a code that the table does not have for the
operation cannot be raised. A parameter that the operation does not have, or that the emulator does
not support, is refused before the operation runs: an ignored filter would show what was not
requested.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

import msgspec

from local.ecs.complaints import nearest
from local.ecs.errors import EcsError, Refusal
from local.ecs.rpc.parameters import NUMBER

_FILE = Path(__file__).with_name("reference.json")
_NUMBER = re.compile(rf"\.{NUMBER}(?=\.|$)")

_NOTHING = frozenset({"0", "default", "false", "False", "x86_64"})
"""Values that request the default behaviour."""

COMMON = frozenset(
    {
        *("RegionId", "ClientToken", "DryRun"),
        *("OwnerId", "OwnerAccount", "ResourceOwnerId", "ResourceOwnerAccount"),
    }
)
"""Parameters accepted by every operation: SDKs and programs send them even without use.

Only a dry run of a change without dry-run support is refused: it would be the change itself.
"""

_DRY_RUN = "DryRun"
_WITH_DRY_RUN = frozenset(
    {
        *("CreateImage", "CreateInstance", "DeleteImage", "DeleteInstance", "DeleteInstances"),
        *("RebootInstance", "RebootInstances", "RunInstances", "StartInstance", "StartInstances"),
        *("StopInstance", "StopInstances"),
    }
)
"""The changes with dry-run support. Source: the requests of the official SDKs."""
_READING = ("Describe", "Get", "List")

_SENT_ANYWAY = frozenset({"on"})
"""What programs in use send to operations that do not have it, and ECS ignores: footmark, under
Ansible's modules for Alibaba Cloud, names the operation again."""


class Row(msgspec.Struct, array_like=True, frozen=True):
    """One refusal; its source is the operation's unless it has its own."""

    status: int
    code: str
    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Documented:
    """One operation according to its reference.

    Attributes:
        source: a key of `sources`.
        forms: its parameters as they are sent, with N for a number: ``Tag.N.Key``; without those
            that are `COMMON`.
        not_emulated: forms, or names of all that begin with them, that are refused.
        parameters: the names of its parameters, ``Tag.N.Key`` as ``Tag``.
    """

    source: str
    forms: frozenset[str]
    not_emulated: frozenset[str]
    parameters: frozenset[str]
    errors: tuple[Row, ...]

    def error(self, code: str, having: str = "", **details: str) -> EcsError:
        """The refusal with this code.

        Args:
            code: ECS's.
            having: part of the text, if the code has several texts.
            details: the values for ``{name}`` in it.

        Raises:
            KeyError: the reference has no such refusal for the operation.
        """
        for row in self.errors:
            if row.code == code and having in row.text:
                text = row.text.format(**details) if details else row.text
                return EcsError(row.status, code, text)
        raise KeyError(code)


class _Entry(msgspec.Struct, frozen=True):
    source: str
    parameters: frozenset[str]
    errors: tuple[Row, ...]
    not_emulated: frozenset[str] = frozenset()


class _File(msgspec.Struct, frozen=True):
    comment: str
    sources: dict[str, str]
    operations: dict[str, _Entry]


@functools.cache
def _read() -> _File:
    return msgspec.json.decode(_FILE.read_bytes(), type=_File)


@functools.cache
def documented(operation: str) -> Documented:
    """What is documented about an operation.

    Raises:
        KeyError: the table does not have it.
    """
    entry = _read().operations[operation]
    names = frozenset(form.partition(".")[0] for form in entry.parameters)
    return Documented(entry.source, entry.parameters, entry.not_emulated, names, entry.errors)


def all_documented() -> dict[str, Documented]:
    """All operations that the table has."""
    return {operation: documented(operation) for operation in _read().operations}


def check_parameters(operation: str, sent: Mapping[str, str], *, unknown_too: bool) -> None:
    """Refuse parameters that the emulator does not have.

    Those without a value request nothing, and pass. So do unsupported parameters of changes, as
    opposed to lists, with a value that is ECS's default.

    Args:
        operation: one in the table.
        sent: with full names: ``Tag.1.Key``.
        unknown_too: whether to refuse those that the operation does not have, too.

    Raises:
        EcsError: it is the emulator's own, and says so.
    """
    for name, value in sent.items():
        asks = value and not (name == _DRY_RUN and value in _NOTHING)
        standing = _standing(operation, name) if asks else _Standing.EMULATED
        if standing is _Standing.UNKNOWN and unknown_too:
            near = nearest(_form(name), documented(operation).forms)
            hint = f"; did you mean {near}?" if near else ""
            raise Refusal.UNKNOWN_PARAMETER.error(name=name, action=operation, hint=hint)
        is_filter = operation.startswith("Describe")
        if standing is _Standing.NOT_EMULATED and (is_filter or value not in _NOTHING):
            raise Refusal.NOT_EMULATED.error(name=name)


def sources() -> dict[str, str]:
    """The description of each source."""
    return dict(_read().sources)


class _Standing(Enum):
    EMULATED = auto()
    NOT_EMULATED = auto()
    UNKNOWN = auto()


@functools.lru_cache(maxsize=4096)
def _standing(operation: str, name: str) -> _Standing:
    known = documented(operation)
    form = _form(name)
    if name == _DRY_RUN and operation not in _WITH_DRY_RUN:
        return _Standing.EMULATED if operation.startswith(_READING) else _Standing.UNKNOWN
    if name in COMMON | _SENT_ANYWAY:
        return _Standing.EMULATED
    if not {name, form} & known.forms:
        return _Standing.UNKNOWN
    if {form, form.partition(".")[0]} & known.not_emulated:
        return _Standing.NOT_EMULATED
    return _Standing.EMULATED


def _form(name: str) -> str:
    return _NUMBER.sub(".N", name)
