"""Anybody's text on a terminal: shown, never obeyed."""

from __future__ import annotations

import io
import logging

import pytest

from local.ecs.printable import on_terminal, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("web-1 实例 🙂 \u3000", "web-1 实例 🙂 \u3000", id="what can be shown"),
        pytest.param("\x1b[31mred", r"\x1b[31mred", id="ESC"),
        pytest.param("\x1b]0;title\x07", r"\x1b]0;title\x07", id="OSC"),
        pytest.param("\x9b31m\x00\x7f", r"\x9b31m\x00\x7f", id="C0 and C1"),
        pytest.param("a\u202etxt.exe\u2066", r"a\u202etxt.exe\u2066", id="bidi"),
        pytest.param("curfew\u200b:protect", r"curfew\u200b:protect", id="zero width"),
        pytest.param("a\u2028b\u2029c\nd", r"a\u2028b\u2029c\nd", id="lines"),
        pytest.param("half \ud83d", r"half \ud83d", id="half a pair"),
        pytest.param("\U000e0041", r"\U000e0041", id="tag characters"),
    ],
)
def test_what_a_terminal_obeys_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_stream_keeps_lines_and_escapes_the_rest() -> None:
    terminal = io.StringIO()
    stream = on_terminal(terminal)

    written = stream.write("one\ttwo\n\x1b[2Jthree\n")
    logging.StreamHandler(stream).emit(logging.makeLogRecord({"msg": "four \u202e"}))

    assert written == 18
    assert terminal.getvalue() == "one\ttwo\n\\x1b[2Jthree\nfour \\u202e\n"
