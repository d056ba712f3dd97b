"""What a channel received: the parts of a message as people would see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text.

    Attributes:
        link: where it leads; "": nowhere.
    """

    text: str
    bold: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a message."""

    pieces: tuple[Piece, ...]
    is_item: bool = False

    @property
    def text(self) -> str:
        """Its plain text."""
        return ("• " if self.is_item else "") + "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Received:
    """One message, or what was refused.

    Attributes:
        kind: the tool, as ``Kind`` has it.
        at: when it came.
        answer: the tool's response, in short: ``errcode 0``.
        is_taken: it was accepted, so people see it.
    """

    kind: str
    at: datetime
    answer: str
    title: str = ""
    lines: tuple[Line, ...] = ()
    is_taken: bool = field(kw_only=True)

    @property
    def text(self) -> str:
        """Its whole plain text."""
        return "\n".join(filter(None, [self.title, *(line.text for line in self.lines)]))


_BOLD_OR_LINK = re.compile(r"\*\*(?P<bold>[^*]+)\*\*|\[(?P<text>[^\]]*)\]\((?P<link>[^)\s]+)\)")
_SLACK = re.compile(r"\*(?P<bold>[^*\n]+)\*|<(?P<link>[^|>\s]+)\|(?P<text>[^>]*)>")


def markdown_lines(text: str) -> tuple[Line, ...]:
    """The lines of DingTalk's and WeCom's Markdown: bold, links, lists, quotes, titles."""
    return tuple(_line(line, _BOLD_OR_LINK) for line in text.splitlines() if line.strip())


def slack_lines(text: str) -> tuple[Line, ...]:
    """The lines of Slack's mrkdwn."""
    return tuple(_line(line, _SLACK) for line in text.splitlines() if line.strip())


def _line(line: str, marks: re.Pattern[str]) -> Line:
    title = re.match(r"#{1,6} ", line)
    if title:
        return Line((Piece(line[title.end() :], bold=True),))
    item = re.match(r"(?:[-•>]) ", line)
    rest = line[item.end() :] if item else line
    return Line(tuple(_pieces(rest, marks)), is_item=bool(item))


def _pieces(text: str, marks: re.Pattern[str]) -> Iterator[Piece]:
    end = 0
    for found in marks.finditer(text):
        if found.start() > end:
            yield Piece(text[end : found.start()])
        if found["bold"]:
            yield Piece(found["bold"], bold=True)
        else:
            yield Piece(found["text"], link=found["link"])
        end = found.end()
    if end < len(text):
        yield Piece(text[end:])
