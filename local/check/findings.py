"""What a check has to say: sections of findings, each with its weight."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Level(str, Enum):
    """How much a finding weighs. Only an error makes the check fail."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence, and perhaps lines that explain it."""

    level: Level
    text: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """What is said of one function, or of the whole file."""

    title: str
    findings: tuple[Finding, ...]


def ok(text: str, *details: str) -> Finding:
    """It is as it should be; the text says what was understood."""
    return Finding(Level.OK, text, details)


def note(text: str, *details: str) -> Finding:
    """Nothing is wrong, but it is good to know."""
    return Finding(Level.NOTE, text, details)


def warning(text: str, *details: str) -> Finding:
    """It may be meant so, and probably is not."""
    return Finding(Level.WARNING, text, details)


def error(text: str, *details: str) -> Finding:
    """It cannot work, or would not do what it says."""
    return Finding(Level.ERROR, text, details)


def count(sections: Iterable[Section], level: Level) -> int:
    """How many findings of a level there are."""
    return sum(one.level is level for section in sections for one in section.findings)
