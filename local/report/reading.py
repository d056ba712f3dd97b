"""A file as lines: uncompressed, in UTF-8, and no more of it than a report can handle.

Files may be compressed by gzip, and come in UTF-16 with its byte order mark, as PowerShell writes
them, or in GB 18030. Whatever they hold, what is read of them is bounded, in bytes after unpacking.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zlib import _Decompress as _Member

    from typing_extensions import Buffer

MIB = 1024 * 1024
MOST_BYTES = 1024 * MIB
"""The limit over all files, uncompressed: some 1,300,000 lines about instances."""

MOST_ROWS = 2_000_000
"""The limit on lines and rows over all files."""

LONGEST = 4 * MIB
"""Bytes of one line, or of one JSON document over many lines; an answer has some 100 KB."""

_GZIP = b"\x1f\x8b"
_GZIP_FORMAT = 16 + zlib.MAX_WBITS
"""What tells zlib to expect gzip's header and to check its sum ("inflateInit2", zlib manual)."""

_UTF_16 = {b"\xff\xfe", b"\xfe\xff"}


class FullError(Exception):
    """The limit of a report was reached."""


class DamagedError(Exception):
    """The file's compression is broken."""


@dataclass(slots=True)
class Left:
    """What may still be read, over all files."""

    bytes: int = MOST_BYTES
    rows: int = MOST_ROWS

    def take_row(self) -> None:
        """Count one more line or row.

        Raises:
            FullError: it was one too many.
        """
        self.rows -= 1
        if self.rows < 0:
            raise FullError

    def take_bytes(self, number: int) -> None:
        """Count this many bytes.

        Raises:
            FullError: they were too many.
        """
        self.bytes -= number
        if self.bytes < 0:
            raise FullError


class Lines:
    """The lines of an open file, with their ends, at most the first `LONGEST` bytes of each.

    Attributes:
        is_whole: Is the line at hand all there? What nobody asks for by ``more`` is left out.
        number: Of the line at hand, blank ones counted; 0 before the first.
    """

    def __init__(self, file: io.BufferedReader, left: Left) -> None:
        """Takes a file from its beginning, and how much may be read."""
        self._unpacked: _Unpacked | None = None
        if file.peek(len(_GZIP)).startswith(_GZIP):
            self._unpacked = _Unpacked(file)
            file = io.BufferedReader(self._unpacked)
        self._file = file
        self._text: io.TextIOWrapper | None = None
        if file.peek(2)[:2] in _UTF_16:
            self._text = io.TextIOWrapper(file, "utf-16", "replace", newline="\n")
        self._left = left
        self.is_whole = True
        self.number = 0

    def __iter__(self) -> Iterator[bytes]:
        """The lines, one after another.

        Raises:
            FullError: the limit is reached.
            DamagedError: its compression is broken, after these lines.
            OSError: the file cannot be read.
        """
        try:
            yield from self._all()
        finally:
            if self._text:
                self._text.detach()  # the file is closed by whoever opened it
        if self._unpacked and self._unpacked.is_damaged:
            raise DamagedError

    def _all(self) -> Iterator[bytes]:
        while piece := self._read():
            self._left.take_row()
            self.number += 1
            yield piece
            while self.more():
                pass

    def more(self) -> bytes:
        """The next piece of a line that is longer than what was given of it; b"" at its end."""
        return b"" if self.is_whole else self._read()

    def _read(self) -> bytes:
        if self._text:
            piece = self._text.readline(LONGEST).encode(errors="replace")
        else:
            piece = self._file.readline(LONGEST)
        self._left.take_bytes(len(piece))
        self.is_whole = len(piece) < LONGEST or piece.endswith(b"\n")
        return piece if piece.isascii() or not self.is_whole else _in_utf_8(piece)


def _in_utf_8(line: bytes) -> bytes:
    """A line in UTF-8 as it is; another as China's Windows writes it, in GB 18030."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return line.decode("gb18030", "replace").encode(errors="replace")
    return line


class _Unpacked(io.RawIOBase):
    """The contents of a gzip file, up to the last byte before it is damaged or truncated."""

    def __init__(self, file: io.BufferedReader) -> None:
        super().__init__()
        self._file = file
        self._packed = b""
        self._member = zlib.decompressobj(_GZIP_FORMAT)
        self.is_damaged = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        piece = b""
        while not (piece or self.is_damaged) and self._has_more():
            piece = self._unpack(len(view))
        view[: len(piece)] = piece
        return len(piece)

    def _has_more(self) -> bool:
        """Is there more to unpack? Files may be joined, and padded with zeros (gzip's manual)."""
        if self._member.eof:
            self._packed = self._packed or self._member.unused_data
            while not (rest := self._packed.lstrip(b"\0")):
                self._packed = self._file.read1()
                if not self._packed:
                    return False
            self._packed, self._member = rest, zlib.decompressobj(_GZIP_FORMAT)
        self._packed = self._packed or self._file.read1()
        return True

    def _unpack(self, most: int) -> bytes:
        """The next piece, of at most so many bytes; it may be empty."""
        packed, before = self._packed, self._member.copy()
        if not packed:  # truncated; what zlib still has is returned
            self.is_damaged = True
            return self._member.flush()[:most]
        try:
            piece = self._member.decompress(packed, most)
        except zlib.error:
            self.is_damaged = True
            return _up_to_damage(before, packed)
        self._packed = self._member.unconsumed_tail
        return piece


def _up_to_damage(member: _Member, packed: bytes) -> bytes:
    """What can be unpacked of a piece that is damaged: it is less than a whole one would give."""
    found = b""
    with suppress(zlib.error):
        for at in range(len(packed)):
            found += member.decompress(packed[at : at + 1])
    return found
