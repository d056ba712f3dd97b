"""Untrusted text, made safe for a terminal.

A name can contain terminal controls (escape sequences, the controls of ISO 6429) and characters
that reverse the order of letters (Unicode's bidirectional controls). Both are shown here, not
executed.
"""

from __future__ import annotations

import io
import unicodedata
from typing import TextIO, cast

_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's invisible categories: controls, formats, lone surrogates, line separators."""


def printable(text: str, *, keep: str = "") -> str:
    r"""The text with each invisible character written as an escape: ``\x1b``, ``\u202e``.

    Args:
        text: from any source.
        keep: characters to leave unchanged, such as ``"\n"``.
    """
    if text.isprintable():
        return text
    return "".join(
        each.encode("unicode_escape").decode("ascii")
        if unicodedata.category(each) in _OBEYED and each not in keep
        else each
        for each in text
    )


def on_terminal(stream: TextIO) -> TextIO:
    """A stream that writes everything on to this one, `printable`, with its lines as lines."""
    return cast("TextIO", _Printable(stream))


class _Printable(io.TextIOBase):
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(printable(text, keep="\n\t"))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()
