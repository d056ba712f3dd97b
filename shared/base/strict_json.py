"""JSON parsed strictly: whatever two parsers could understand differently is an error.

Python's ``json`` takes the last of duplicate keys, reads NaN, and lets deep nesting end in a
RecursionError. Here each of these is a ``JsonError``. A byte order mark at the start is tolerated:
some editors write one, and it changes nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import NoReturn

MAX_DEPTH = 64
"""Levels of lists and objects; the deepest event of any trigger has fewer than ten."""

MAX_NUMBER_CHARACTERS = 64
"""No field of an event has a longer number, and Python converts very long ones slowly."""

_SHOWN_CHARACTERS = 60

_NEAR_CHARACTERS = 30

_SEARCHED_CHARACTERS = 10_000

_LOOKALIKES = {
    '"': "\u201c\u201d\u201e\u201f\u2018\u2019\u2033\u300c\u300d\u300e\u300f\uff02\uff07'`",
    ",": "\uff0c\u3001\u060c",
    ":": "\uff1a\ufe55\u2236",
    "{": "\uff5b",
    "}": "\uff5d",
    "[": "\uff3b\u3010",
    "]": "\uff3d\u3011",
    "-": "\u2013\u2014\u2212\uff0d",
    " ": "\u00a0\u3000\u2002\u2003\u2009\u202f\u200b\u200c\u200d\u2060\ufeff",
}
"""Characters that look like one of JSON's, by that character."""


class JsonError(ValueError):
    """The text is not strict JSON; the message, under 300 characters, says what and where."""


def loads(data: bytes | str) -> object:
    """Parse one JSON value.

    Args:
        data: JSON text, or its UTF-8 bytes; with or without a byte order mark.

    Returns:
        dict, list, str, int, float, bool or None; numbers are finite, text is valid Unicode.

    Raises:
        JsonError: the data is empty, not UTF-8, not JSON, nested more than 64 deep, or has the
            same key twice in one object, half a surrogate pair, a number that is not finite or
            has more than 64 characters.
    """
    text = _decoded(data).removeprefix("\ufeff")
    if not text.strip():
        raise JsonError("it is empty")
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        raise JsonError(
            f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}: "
            f"{shown(text[error.pos :][:_NEAR_CHARACTERS])}{_lookalike(error)}"
        ) from None
    except RecursionError:
        raise _too_deep() from None
    _check_depth(value)
    if "\\ud" in text or "\\uD" in text:
        _check_unicode(value)
    return value


def shown(value: object) -> str:
    """A value for an error message, cut to some 60 characters: ``true``, ``null`` as in JSON."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    # A text is cut first: an event may have megabytes.
    text = repr(value[: _SHOWN_CHARACTERS + 1] if isinstance(value, str | bytes) else value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


def _decoded(data: bytes | str) -> str:
    # Half a surrogate pair in a str passes here and is refused, as bytes that are not UTF-8.
    encoded = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    try:
        return encoded.decode()
    except UnicodeDecodeError as error:
        raise JsonError(
            f"not UTF-8: byte 0x{encoded[error.start]:02x} at offset {error.start}"
        ) from None


def _lookalike(error: json.JSONDecodeError) -> str:
    """What to type in place of the character that breaks the JSON, if it only looks right.

    Editors and chat clients turn quotes into typographic ones, and Chinese input methods write
    full-width punctuation. If a string does not end, or ends too late, the character is within the
    string.
    """
    from unicodedata import name  # noqa: PLC0415  # only where JSON is broken

    rest, found = error.doc[error.pos :], error.doc[error.pos : error.pos + 1]
    ends_late = found.isalnum() and "delimiter" in error.msg
    if found == '"' or ends_late:
        quotes = _LOOKALIKES['"'].removesuffix("'`")
        searched = error.doc[: error.pos][::-1] if ends_late else rest
        found = next((one for one in searched[:_SEARCHED_CHARACTERS] if one in quotes), "")
    plain = next((plain for plain, like in _LOOKALIKES.items() if found and found in like), "")
    if not plain:
        return ""
    what = "a plain space" if plain == " " else f"a plain {plain}"
    return f"; {shown(found)} is {name(found, 'invisible')}: type {what}"


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique: dict[str, object] = {}
    for key, value in pairs:
        if key in unique:
            raise JsonError(f"the key {shown(key)} appears twice in one object")
        unique[key] = value
    return unique


def _integer(text: str) -> int:
    _check_length(text)
    return int(text)


def _float(text: str) -> float:
    _check_length(text)
    number = float(text)
    if math.isinf(number):
        raise JsonError(f"the number {text} is too large")
    return number


def _constant(name: str) -> NoReturn:
    raise JsonError(f"{name} is not a JSON number")


def _check_length(number: str) -> None:
    if len(number) > MAX_NUMBER_CHARACTERS:
        raise JsonError(
            f"a number of {len(number)} characters, {MAX_NUMBER_CHARACTERS} at most: "
            f"{shown(number)}"
        )


def _check_depth(value: object) -> None:
    level = _containers([value])
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in _containers(node.values() if isinstance(node, dict) else node)
        ]
    if level:
        raise _too_deep()


def _containers(values: Iterable[object]) -> list[dict[str, object] | list[object]]:
    return [value for value in values if isinstance(value, dict | list)]


def _too_deep() -> JsonError:
    return JsonError(f"nested more than {MAX_DEPTH} levels deep")


def _check_unicode(value: object) -> None:
    r"""Half a surrogate pair, written as ``\ud83d`` alone, cannot be sent anywhere as UTF-8."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = ascii(error.object[error.start])
        raise JsonError(f"the text contains half a surrogate pair: {half}") from None
