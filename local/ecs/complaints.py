"""What is wrong with a user's value, with its place and in plain words.

msgspec says ``Expected `float`, got `str` - at `$.advance_s` ``; people read
``advance_s: expected a number, not a string``, and for a closed set, the allowed words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from enum import Enum
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

T = TypeVar("T")

_WORDS = {
    "array": "a list",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "null": "nothing",
    "object": "fields",
    "str": "a string",
}
_SHORT = 12
_MANY = 200
_OTHERS = {
    "Invalid ISO8601 duration": "expected a duration such as PT30S",
    "Input data was truncated": "it is empty, or ends too early",
}
_UNQUOTED = {f", not {_WORDS[one]}" for one in ("bool", "float", "int")}
_KINDS = re.compile(r"Expected `(?P<expected>[\w |]+)`(?:, got `(?P<got>\w+)`)?(?P<range>.*)")
_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)
_MISSING_FIELD = re.compile(r"Object missing required field `(?P<name>\w+)`")
_ENUM = re.compile(r"Invalid enum value (?P<value>'.*')", re.DOTALL)
_STEP = re.compile(r"\.(\w+)|\[(\d+|\.\.\.)\]")


class InvalidError(ValueError):
    """A value is invalid; the message begins with its place if there is one."""


def decoded(text: bytes, kind: type[T]) -> T:
    """The JSON text as a value of this kind.

    Raises:
        InvalidError: it is not JSON, or not of this kind.
    """
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        raise InvalidError(complaint(error, kind)) from None
    except msgspec.DecodeError as error:
        what = _OTHERS.get(str(error), str(error))
        raise InvalidError(f"this is not JSON: {what}") from None
    except RecursionError:
        raise InvalidError("this JSON is nested too deeply") from None


def complaint(error: msgspec.ValidationError, kind: Any, place: str = "") -> str:  # noqa: ANN401  # any type that msgspec reads
    """The complaint of msgspec, in plain words.

    Args:
        error: What it raised.
        kind: The expected type.
        place: Where the value is: ``instances[3]``; "" if it is the whole document.
    """
    what, _, path = str(error).partition(" - at ")
    path = path.strip("`").partition("` in `")[0].removeprefix("$")
    if unknown := _UNKNOWN_FIELD.fullmatch(what):
        known = getattr(_at(kind, path), "__struct_fields__", ())
        where = _joined(place, f"{path}.{unknown['name']}")
        return f"{where}: there is no such field; {there_are(unknown['name'], known)}"
    where = _joined(place, path)
    return f"{where}: {_reworded(what, kind, path)}" if where else _reworded(what, kind, path)


def there_are(word: str, known: Iterable[str]) -> str:
    """A suggestion instead of ``word``: ``did you mean tags? There are name, tags``.

    If one is close, a list of more than ``_SHORT`` is omitted; of ``_MANY`` only one is named.
    """
    known = list(known)
    near = nearest(word, known)
    if near and len(known) > _SHORT:
        return f"did you mean {near}?"
    if len(known) > _MANY:
        return f"there are {len(known)}, such as {known[0]}"
    listed = f"here are {', '.join(known)}"
    return f"did you mean {near}? T{listed}" if near else f"t{listed}"


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most similar to it, ignoring case; "" if none is."""
    by_lower = {one.lower(): one for one in known}
    near = get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[near[0]] if near else ""


def _reworded(what: str, kind: Any, path: str) -> str:  # noqa: ANN401  # as above
    if missing := _MISSING_FIELD.fullmatch(what):
        return f"the field {missing['name']!r} is missing"
    if (enum := _ENUM.fullmatch(what)) and (members := _enum_at(kind, path)):
        words = [str(member.value) for member in members]
        return f"{enum['value']} is invalid: {there_are(enum['value'].strip(chr(39)), words)}"
    if kinds := _KINDS.fullmatch(what):
        expected = " or ".join(_WORDS.get(one, one) for one in kinds["expected"].split(" | "))
        limit = kinds["range"].removesuffix(".0")
        got = f", not {_WORDS.get(kinds['got'], kinds['got'])}" if kinds["got"] else ""
        quotes = "; put it in quotes" if expected == _WORDS["str"] and got in _UNQUOTED else ""
        return f"expected {expected}{limit}{got}{quotes}"
    return _OTHERS.get(what, what)


def _joined(place: str, path: str) -> str:
    return f"{place}{path}" if place else path.removeprefix(".")


def _at(kind: Any, path: str) -> Any:  # noqa: ANN401  # as above
    """The type at a path."""
    for name, index in _STEP.findall(path):
        kind = _bare(kind)
        if name:
            kind = get_type_hints(kind, include_extras=True)[name]
        elif index:
            kind = get_args(kind)[-1 if index == "..." else 0]
    return _bare(kind)


def _bare(kind: Any) -> Any:  # noqa: ANN401  # as above
    """Without what an annotation adds, and without None."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if type(None) in get_args(kind):
        return _bare(next(one for one in get_args(kind) if one is not type(None)))
    return kind


def _enum_at(kind: Any, path: str) -> list[Enum]:  # noqa: ANN401  # as above
    found = _at(kind, path)
    return list(found) if isinstance(found, type) and issubclass(found, Enum) else []
