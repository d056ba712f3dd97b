"""Text that is shown as it is: nothing in it acts on a terminal, a log or a reader's eye."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.base.errors import (
    AccessDenied,
    CurfewError,
    Incomplete,
    InvalidEvent,
    Refused,
    Unavailable,
)
from shared.base.printable import counted, printable


@pytest.mark.parametrize(
    "text",
    ["", "dev-web-1", "构建机　测试、三。", "Müllers машина", "🙂", "日本語 ½ €"],
)
def test_letters_of_all_scripts_stay(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("character", "shown"),
    [
        pytest.param("\x00", r"\u0000", id="null"),
        pytest.param("\n", r"\u000a", id="line-feed"),
        pytest.param("\x1b", r"\u001b", id="escape"),
        pytest.param("\x7f", r"\u007f", id="delete"),
        pytest.param("\x85", r"\u0085", id="next-line"),
        pytest.param("\x9b", r"\u009b", id="control-sequence-introducer"),
        pytest.param("\x9d", r"\u009d", id="operating-system-command"),
        pytest.param("\u00ad", r"\u00ad", id="soft-hyphen"),
        pytest.param("\u061c", r"\u061c", id="arabic-letter-mark"),
        pytest.param("\u200b", r"\u200b", id="zero-width-space"),
        pytest.param("\u200e", r"\u200e", id="left-to-right-mark"),
        pytest.param("\u2028", r"\u2028", id="line-separator"),
        pytest.param("\u2029", r"\u2029", id="paragraph-separator"),
        pytest.param("\u202e", r"\u202e", id="right-to-left-override"),
        pytest.param("\u2066", r"\u2066", id="left-to-right-isolate"),
        pytest.param("\ufeff", r"\ufeff", id="byte-order-mark"),
        pytest.param("\ud83d", r"\ud83d", id="half-a-pair"),
        pytest.param("\U000e0041", r"\udb40\udc41", id="tag-letter"),
    ],
)
def test_what_is_not_printed_is_written_as_its_number(character: str, shown: str) -> None:
    assert printable(f"停{character}止") == f"停{shown}止"


@given(st.text(st.characters()))
def test_json_stays_the_same_json(text: str) -> None:
    line = printable(json.dumps({"name": text}, ensure_ascii=False))

    assert line.replace("\u3000", " ").isprintable()
    assert json.loads(line) == {"name": text}
    assert printable(line) == line


@pytest.mark.parametrize(
    "error", [AccessDenied, Incomplete, InvalidEvent, Refused, Unavailable, CurfewError]
)
def test_no_error_carries_what_acts_on_a_terminal(error: type[CurfewError]) -> None:
    assert str(error("停\x1b]0;x\x07\u2028\u202e止")) == r"停\u001b]0;x\u0007\u2028\u202e止"


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 instances"), (1, "1 instance"), (2, "2 instances")]
)
def test_one_is_counted_as_one(number: int, said: str) -> None:
    assert counted(number, "instance") == said
