"""The results of a check: sections of findings, each with its severity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Level(str, Enum):
    """A finding's severity. Only an error makes the check fail."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence, and optional lines that explain it."""

    level: Level
    text: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """The findings about one function, or the whole file."""

    title: str
    findings: tuple[Finding, ...]


def ok(text: str, *details: str) -> Finding:
    """It is correct; the text says what was understood."""
    return Finding(Level.OK, text, details)


def note(text: str, *details: str) -> Finding:
    """Nothing is wrong, but it is good to know."""
    return Finding(Level.NOTE, text, details)


def warning(text: str, *details: str) -> Finding:
    """It may be intended, but probably is not."""
    return Finding(Level.WARNING, text, details)


def error(text: str, *details: str) -> Finding:
    """It cannot work, or would not do what it says."""
    return Finding(Level.ERROR, text, details)


def count(sections: Iterable[Section], level: Level) -> int:
    """The number of findings of a level."""
    return sum(one.level is level for section in sections for one in section.findings)
