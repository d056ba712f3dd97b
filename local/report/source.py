"""From files to lines: Log Service's exports, functions' logs, output of ``invoke --json``.

A log is JSON lines. A line may be a run's own JSON (docs/deploy.md), the same behind Function
Compute's prefix, or an exported row of Log Service with it in ``message`` or ``content`` and its
time in ``__time__``. JSON documents, answers or rows, may stand on one line or on many, each by
itself or in a list. CSV files of Log Service's console are read by the same columns.
"""

from __future__ import annotations

import csv
import json
import re
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from itertools import chain
from pathlib import Path

import msgspec

from local.report.entry import KINDS, Answer, Entry
from local.report.reading import LONGEST, DamagedError, FullError, Left, Lines
from local.report.times import minute_of

SKEW = timedelta(minutes=5)
"""How much further than the clock here that of a run may be; as with events."""

_MARK = b'{"log":'
_UTF_8 = b"\xef\xbb\xbf"
_AFTER = b",] \t\r\n"
_COLUMNS = ("message", "content")
_SEPARATORS = (",", "\t", ";")
_DEEPEST = 2
"""How often what is read may be wrapped into something else, beside its row."""

_OPENING = re.compile(rb"([ \t]*)\{\s*")
_BRACKETS = re.compile(rb"[\s,\[\]]*")
_LIST = re.compile(rb"\s*\[\s*\{")
_BETWEEN = re.compile(r"[\s,\[\]]*")


class Ended(str, Enum):
    """Why a file was not read to its end."""

    NO = ""
    FULL = "full"
    DAMAGED = "damaged"
    UNREADABLE = "unreadable"


class _Row(msgspec.Struct):
    """A row of Log Service, as its console, its CLI and its shipper to OSS write it, or a page.

    Attributes:
        data: The rows of a page ("GetLogsV2", Log Service API reference).
        logs: The same, of the older operation.
    """

    message: msgspec.Raw = msgspec.Raw()
    content: msgspec.Raw = msgspec.Raw()
    log: msgspec.Raw = msgspec.Raw()
    data: tuple[msgspec.Raw, ...] = ()
    logs: tuple[msgspec.Raw, ...] = ()
    time: int | str = msgspec.field(default=0, name="__time__")

    def text(self) -> bytes:
        """What was logged, whether it stands there as text or as JSON; b"" if nothing does."""
        for raw in map(bytes, (self.message, self.content)):
            if raw.startswith(b"{"):
                return raw
            if raw.startswith(b'"') and (text := _TEXT.decode(raw)):
                return text.encode(errors="replace")
        return b""


@dataclass(slots=True)
class Counts:
    """What became of the lines of one file.

    Attributes:
        lines: All that are not blank.
        read: Those that a run of Curfew wrote.
        broken: Those that look like a run's but cannot be read, such as lines that were cut.
        too_long: Lines and documents of more than `LONGEST` bytes, which are left out.
        ahead: Those of a time that is yet to come, which are left out.
        ended: Why what follows was not read.
        reached: The line of the file up to which it was read, blank ones counted.
        why: What the operating system says of a file that is unreadable.
    """

    name: str
    lines: int = 0
    read: int = 0
    broken: int = 0
    too_long: int = 0
    ahead: int = 0
    ended: Ended = Ended.NO
    reached: int = 0
    why: str = ""

    @property
    def foreign(self) -> int:
        """Lines written by other programs."""
        return self.lines - self.read - self.broken - self.too_long - self.ahead


@dataclass(slots=True)
class Source:
    """Reads files one after another; ``counts`` has one element for each.

    Attributes:
        now: The present; lines of later than it are left out.
        left: How much may be read of all of them.
    """

    now: datetime
    left: Left = field(default_factory=Left)
    counts: list[Counts] = field(default_factory=list)

    def entries(self, paths: Iterable[Path]) -> Iterator[Entry]:
        """Everything that Curfew's runs wrote, as far as each file can be read."""
        for path in paths:
            counts = Counts(str(path))
            self.counts.append(counts)
            try:
                yield from self._of_one(path, counts)
            except FullError:
                counts.ended = Ended.FULL
            except DamagedError:
                counts.ended = Ended.DAMAGED
            except OSError as error:
                counts.ended, counts.why = Ended.UNREADABLE, error.strerror or str(error)

    def _of_one(self, path: Path, counts: Counts) -> Iterator[Entry]:
        with path.open("rb") as raw:
            lines = Lines(raw, self.left)
            try:
                for entry in _File(counts, self.left, self.now).entries(lines):
                    entry.shorten()
                    yield entry
            finally:
                counts.reached = lines.number


class _File:
    """What the lines of one file say; counts them."""

    def __init__(self, counts: Counts, left: Left, now: datetime) -> None:
        self._counts, self._left = counts, left
        self._latest = int((now + SKEW).timestamp()) // 60

    def entries(self, lines: Lines) -> Iterator[Entry]:
        """Everything in it that a run of Curfew wrote."""
        iterator = iter(lines)
        first = next(iterator, b"").removeprefix(_UTF_8)
        if table := _table_of(first):
            yield from self._table(*table, self._whole(lines, iterator))
            return
        block: _Block | None = None
        for line in chain([first], iterator):
            if block and block.takes(line):
                if block.is_over:
                    yield from self._document(block)
                    block = None
                continue
            if block:
                self._is_broken()
            block = _Block.begun_by(line)
            if not block:
                yield from self._of_one(line, lines)
        if block:
            self._is_broken()

    def _of_one(self, line: bytes, lines: Lines) -> Iterator[Entry]:
        """A self-contained line."""
        if _LIST.match(line):
            yield from self._list(line, lines)
        elif not lines.is_whole:
            self._is_too_long()
        elif not _BRACKETS.fullmatch(line):
            yield from self._line(line)

    def _document(self, block: _Block) -> Iterator[Entry]:
        """A JSON object spread over many lines."""
        if block.size > LONGEST:
            self._is_too_long()
        else:
            yield from self._line(b"".join(block.lines))

    def _list(self, line: bytes, lines: Lines) -> Iterator[Entry]:
        """A list on one line, of any length: its elements, as far as they can be told apart."""
        decode = getincrementaldecoder("utf-8")("replace").decode
        text, at = decode(line), 0
        while True:
            at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # matches nothing, too
            try:
                _, end = _DECODER.raw_decode(text, at)
            except (ValueError, RecursionError):
                if len(text) - at > LONGEST:
                    self._is_too_long()
                    return
                if not (more := lines.more()):
                    break
                text, at = text[at:] + decode(more), 0
            else:
                self._left.take_row()
                yield from self._line(text[at:end].encode(errors="replace"))
                at = end
        if at < len(text):
            self._is_broken()

    def _table(
        self, separator: str, columns: Mapping[str, int], lines: Iterator[str]
    ) -> Iterator[Entry]:
        """Rows of a table; one that cannot be read does not keep the others from being read."""
        csv.field_size_limit(LONGEST)
        rows = csv.reader(lines, delimiter=separator)
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error:
                self._is_broken()
                continue
            said = {name: row[at] for name, at in columns.items() if at < len(row)}
            text = next((said[name] for name in _COLUMNS if said.get(name)), "")
            self._counts.lines += 1
            yield from self._text(text.encode(errors="replace"), said.get("__time__", ""), _DEEPEST)

    def _whole(self, lines: Lines, rest: Iterator[bytes]) -> Iterator[str]:
        for line in rest:
            if lines.is_whole:
                yield line.decode("utf-8", "replace").replace("\0", "")
            else:
                self._is_too_long()

    def _line(self, line: bytes) -> Iterator[Entry]:
        line = line.strip()
        self._counts.lines += 1
        if line.startswith(_MARK) or (_MARK in line and not line.startswith(b"{")):
            yield from self._text(line, "", _DEEPEST)
        elif line.startswith(b"{"):
            yield from self._object(line.rstrip(_AFTER), "", _DEEPEST)

    def _object(self, line: bytes, time: int | str, deeper: int) -> Iterator[Entry]:
        """A row of Log Service, a run's line whose fields are in another order, or an answer."""
        try:
            row = _ROW.decode(line)
            text = row.text()
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            row, text = _Row(), b""
        if bytes(row.log) in _KINDS:
            yield from self._entry(line, row.time or time, deeper)
        elif text:
            yield from self._text(text, row.time or time, deeper)
        elif rows := (row.data or row.logs) if deeper else ():
            self._counts.lines += len(rows) - 1
            for one in rows:
                self._left.take_row()
                yield from self._object(bytes(one), time, deeper - 1)
        else:
            yield from self._report(line)

    def _text(self, text: bytes, time: int | str, deeper: int) -> Iterator[Entry]:
        """A run's line, perhaps behind a prefix; else what was wrapped once more."""
        at = text.find(_MARK)
        if at >= 0:
            written = time or text[:24].decode("ascii", "replace")
            yield from self._entry(text[at : text.rfind(b"}") + 1], written, deeper)
        elif deeper:
            yield from self._object(text.strip(), time, deeper - 1)
        else:
            yield from self._report(text.strip())

    def _entry(self, text: bytes, time: int | str, deeper: int) -> Iterator[Entry]:
        try:
            entry = _ENTRY.decode(text)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            self._counts.broken += 1
            return
        if not entry.is_ours:
            if deeper and _MARK in (inner := entry.log.encode(errors="replace")):
                yield from self._text(inner, time, deeper - 1)  # as Docker keeps logs
            return
        if not entry.seen_at:
            entry.logged_at = str(time)
        if entry.minute() > self._latest:
            self._counts.ahead += 1
            return
        self._counts.read += 1
        yield entry

    def _report(self, line: bytes) -> Iterator[Entry]:
        """A report, a list of them, or either in an error or in an HTTP answer."""
        try:
            reports = list(_ANSWER.decode(line).all_reports()) if line.startswith(b"{") else []
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            self._counts.broken += b'"request_id"' in line
            return
        past = [one for one in reports if minute_of(one.ended_at) <= self._latest]
        self._counts.read += bool(past)
        self._counts.ahead += bool(reports) and not past
        for entry in (entry for report in past for entry in report.entries()):
            self._left.take_row()
            yield entry

    def _is_broken(self) -> None:
        self._counts.lines += 1
        self._counts.broken += 1

    def _is_too_long(self) -> None:
        self._counts.lines += 1
        self._counts.too_long += 1


@dataclass(slots=True)
class _Block:
    """A JSON object over many lines, as every tool indents one: it ends where it began.

    Attributes:
        lines: Those of it so far, if they are not too many.
        size: Bytes of all of them.
    """

    indentation: bytes
    lines: list[bytes]
    size: int
    is_over: bool = False

    @classmethod
    def begun_by(cls, line: bytes) -> _Block | None:
        """The object that a line begins, if it is nothing but its brace."""
        found = _OPENING.fullmatch(line)
        return cls(found[1], [line], len(line)) if found else None

    def takes(self, line: bytes) -> bool:
        """Take the next line, if it belongs to it."""
        own = line.removeprefix(self.indentation)
        self.is_over = own.startswith(b"}")
        belongs = self.is_over or own[:1].isspace() or not own
        if belongs:
            self.size += len(line)
            if self.size <= LONGEST:
                self.lines.append(line)
        return belongs


def _table_of(line: bytes) -> tuple[str, dict[str, int]] | None:
    """What separates the cells of a table that begins with this line, and where it has what."""
    for separator in _SEPARATORS:
        try:
            names = next(csv.reader([line.decode(errors="replace")], delimiter=separator), [])
        except csv.Error:
            continue
        columns = {name.strip(): at for at, name in enumerate(names)}
        if columns.keys() & set(_COLUMNS):
            return separator, columns
    return None


_KINDS = {msgspec.json.encode(kind) for kind in KINDS}
_ENTRY = msgspec.json.Decoder(Entry)
_ROW = msgspec.json.Decoder(_Row)
_TEXT = msgspec.json.Decoder(str)
_ANSWER = msgspec.json.Decoder(Answer)
_DECODER = json.JSONDecoder()
