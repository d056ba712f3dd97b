"""Text that anybody may have written, made fit for a terminal.

A name can hold what a terminal obeys (ESC and what follows, the controls of ISO 6429) and what
turns the order of letters round (Unicode's bidirectional controls). Both are shown here, not done.
"""

from __future__ import annotations

import io
import unicodedata
from typing import TextIO, cast

_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of what is not shown: controls, formats, half pairs, line separators."""


def printable(text: str, *, keep: str = "") -> str:
    r"""The text with each character that would not be shown as an escape: ``\x1b``, ``\u202e``.

    Args:
        text: anybody's.
        keep: characters that stay as they are, such as ``"\n"``.
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
