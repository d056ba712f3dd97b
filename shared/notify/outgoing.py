"""What is sent to a channel and what comes back, as values; and how a text is made to fit. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

from shared.base import strict_json
from shared.notify.message import Text

JSON = "application/json; charset=utf-8"
_CHARACTERS = (300, 150, 80, 40, 20)
"""How long each text may be, tried in turn; the last makes any notice some 2 KB."""


class OutOfTime(Exception):  # noqa: N818  # no fault
    """There is no time left for composing."""


class Outgoing(msgspec.Struct, frozen=True):
    """One POST. Its repr shows nothing: the address is a secret, and the rest may be.

    Attributes:
        headers: By name, including ``Content-Type``.
    """

    url: str
    headers: dict[str, str]
    body: bytes

    def __repr__(self) -> str:
        return "Outgoing(***)"


class Answer(msgspec.Struct, frozen=True):
    """A channel's response.

    Attributes:
        status: HTTP's.
        body: The beginning of its body.
    """

    status: int
    body: bytes


def posted(url: str, body: bytes, **headers: str) -> Outgoing:
    """A POST of JSON."""
    return Outgoing(url, {"Content-Type": JSON, **headers}, body)


def as_bytes(value: object) -> bytes:
    """JSON in as few bytes as possible."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def fitted(text: Text, compose: Callable[[Text], bytes], limit: int) -> bytes:
    """As much of a text as a channel accepts: first fewer rows are shown, then less of each.

    Args:
        text: All of it.
        compose: Turns it into bytes.
        limit: The maximum number of bytes.
    """
    made = b""
    for characters in _CHARACTERS:
        for rows in range(len(text.lines), -1, -1) if characters == _CHARACTERS[0] else (3, 0):
            made = compose(text.cut_to(rows, characters))
            if len(made) <= limit:
                return made
    return made[:limit].decode(errors="ignore").encode()


def is_zero(code: object) -> bool:
    """Is it the number 0, with which channels report success? ``false`` is not."""
    return type(code) is int and code == 0


def answered_json(answer: Answer) -> dict[str, Any]:
    """The object in a channel's response; an empty one if there is none.

    It is parsed strictly: a response with two codes means neither success nor failure.
    """
    try:
        value = strict_json.loads(answer.body)
    except strict_json.JsonError:
        return {}
    return value if isinstance(value, dict) else {}
