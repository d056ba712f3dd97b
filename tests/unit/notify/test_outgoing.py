"""How a text is made to fit: first fewer rows, then less of each, and never more than fits."""

from __future__ import annotations

import pytest

from shared.notify.message import Line, Text
from shared.notify.outgoing import as_bytes, fitted

LONG = Text("", ("f" * 400,), tuple(Line("", str(at) * 10) for at in range(5)), 0, "", "", "en")


def composed(text: Text) -> bytes:
    return "\n".join((*text.facts, *(one.text for one in text.lines))).replace("…", ".").encode()


def test_json_is_as_short_as_it_can_be() -> None:
    assert as_bytes({"a": ["测", "\ud800"], "b": 1}) == '{"a":["测","?"],"b":1}'.encode()


@pytest.mark.parametrize(
    ("limit", "size"),
    [
        (1_000, 300 + 5 * 11),
        (355, 300 + 5 * 11),
        (354, 300 + 4 * 11),
        (311, 300 + 11),
        (310, 300),
        (300, 300),
        (299, 150 + 3 * 11),
        (182, 150),
        (124, 80 + 3 * 11),
        (113, 80 + 3 * 11),
        (85, 80),
        (79, 40 + 3 * 11),
        (20, 20),
        (19, 19),
    ],
)
def test_a_text_is_as_much_as_fits(limit: int, size: int) -> None:
    assert len(fitted(LONG, composed, limit)) == size


def test_what_does_not_fit_at_all_is_cut_between_two_characters() -> None:
    assert fitted(LONG, lambda _: ("测" * 10).encode(), 10) == "测测测".encode()
