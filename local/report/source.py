"""Files to lines: what Log Service exports, what functions log, what ``invoke --json`` printed.

A log is JSON lines, plain or compressed by gzip. A line may be a run's own JSON (docs/deploy.md),
the same behind Function Compute's prefix, or an exported row of Log Service with it in ``message``
and its time in ``__time__``. A file may also hold JSON documents, each on one line or on many:
answers, or lists of rows. CSV files of Log Service's console are read by their column ``message``.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import msgspec

from local.report.entry import Answer, Entry

MOST_BYTES_OF_DOCUMENTS = 64 * 1024 * 1024
_LARGEST_LINE = 4 * 1024 * 1024
_MARK = b'{"log":'
_Stream: TypeAlias = gzip.GzipFile | io.BufferedReader
_GZIP = b"\x1f\x8b"


class UnreadableFileError(Exception):
    """A file cannot be read; the message is a sentence that says why."""


class _Row(msgspec.Struct):
    """A row of Log Service, as its console, its CLI and its shipper to OSS write it."""

    message: str = ""
    content: str = ""
    time: int | str = msgspec.field(default=0, name="__time__")


@dataclass(slots=True)
class Counts:
    """What became of the lines of one file.

    Attributes:
        lines: All that are not blank.
        read: Those that a run of Curfew wrote.
        broken: Those that look like a run's but cannot be read, such as lines that were cut.
    """

    name: str
    lines: int = 0
    read: int = 0
    broken: int = 0

    @property
    def foreign(self) -> int:
        """Lines that somebody else wrote."""
        return self.lines - self.read - self.broken


@dataclass(slots=True)
class Source:
    """Reads files one after another; ``counts`` has one element for each that was begun."""

    counts: list[Counts] = field(default_factory=list)

    def entries(self, paths: Iterable[Path]) -> Iterator[Entry]:
        """Everything that runs of Curfew have written.

        Raises:
            UnreadableFileError: a file cannot be opened, or its compression is broken.
        """
        for path in paths:
            counts = Counts(str(path))
            self.counts.append(counts)
            try:
                yield from _of_file(path, counts)
            except (OSError, EOFError, zlib.error) as error:
                why = getattr(error, "strerror", None) or "it is not a whole gzip file"
                raise UnreadableFileError(f"{path} cannot be read: {why}.") from None


def _of_file(path: Path, counts: Counts) -> Iterator[Entry]:
    with path.open("rb") as raw:
        is_gzip = raw.read(len(_GZIP)) == _GZIP
        raw.seek(0)
        stream: _Stream = gzip.GzipFile(fileobj=raw) if is_gzip else raw
        first = stream.readline(_LARGEST_LINE).lstrip(b"\xef\xbb\xbf")
        if b"message" in first.split(b"{")[0] and b"," in first:
            yield from _of_csv(first, stream, counts)
            return
        if first.strip() in {b"{", b"["} or first.startswith(b"[{"):
            yield from _of_documents(first + stream.read(MOST_BYTES_OF_DOCUMENTS), counts)
            return
        while line := first:
            yield from _of_line(line, counts)
            first = stream.readline(_LARGEST_LINE)


def _of_csv(header: bytes, stream: _Stream, counts: Counts) -> Iterator[Entry]:
    """Rows of a table that has a column ``message``."""
    pieces = iter(lambda: stream.readline(_LARGEST_LINE), b"")
    lines = (piece.decode("utf-8", "replace").replace("\0", "") for piece in pieces)
    csv.field_size_limit(_LARGEST_LINE)
    try:
        names = next(csv.reader(io.StringIO(header.decode("utf-8", "replace"))))
        for row in csv.DictReader(lines, fieldnames=names):
            counts.lines += 1
            text = str(row.get("message") or row.get("content") or "")
            yield from _of_text(text.encode(), counts, str(row.get("__time__") or ""))
    except csv.Error:
        counts.lines += 1
        counts.broken += 1


def _of_documents(whole: bytes, counts: Counts) -> Iterator[Entry]:
    """JSON documents over many lines, one after another: answers, and lists of rows."""
    try:
        for document in _documents(whole.decode("utf-8", "replace")):
            for each in document if isinstance(document, list) else [document]:
                yield from _of_line(json.dumps(each).encode(), counts)
    except (ValueError, RecursionError):
        counts.lines += 1
        counts.broken += 1


def _documents(text: str) -> Iterator[object]:
    decoder, at = json.JSONDecoder(), 0
    while rest := re.compile(r"\S").search(text, at):
        document, at = decoder.raw_decode(text, rest.start())
        yield document


def _of_line(line: bytes, counts: Counts) -> Iterator[Entry]:
    line = line.strip()
    if not line:
        return
    counts.lines += 1
    if line.startswith(_MARK) or (_MARK in line and not line.startswith(b"{")):
        yield from _of_text(line, counts, "")
        return
    try:
        row = _ROW.decode(line) if line.startswith(b"{") else _Row()
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        row = _Row()
    if text := row.message or row.content:
        yield from _of_text(text.encode("utf-8", "replace"), counts, row.time)
    else:
        yield from _of_report(line, counts)


def _of_text(text: bytes, counts: Counts, time: int | str) -> Iterator[Entry]:
    """A run's line, perhaps behind a prefix."""
    at = text.find(_MARK)
    if at < 0:
        yield from _of_report(text.strip(), counts)
        return
    try:
        entry = _ENTRY.decode(text[at:].rstrip())
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        counts.broken += 1
        return
    if not entry.is_ours:
        return
    counts.read += 1
    if not entry.seen_at:
        entry.logged_at = str(time or text[:24].decode("ascii", "replace"))
    yield entry


def _of_report(line: bytes, counts: Counts) -> Iterator[Entry]:
    """A report, a list of them, or either in an error or in an HTTP answer."""
    try:
        reports = list(_ANSWER.decode(line).all_reports()) if line.startswith(b"{") else []
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        counts.broken += b'"request_id"' in line
        return
    counts.read += bool(reports)
    for report in reports:
        yield from report.entries()


_ENTRY = msgspec.json.Decoder(Entry)
_ROW = msgspec.json.Decoder(_Row)
_ANSWER = msgspec.json.Decoder(Answer)
