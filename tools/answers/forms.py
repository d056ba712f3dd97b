"""How two answers differ in form: fields, types, dates, ids, empty texts. Values may differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tools.answers.recordings import Json

_FORMS: Mapping[str, re.Pattern[str]] = {
    "empty": re.compile(""),
    "a time to the minute": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ"),
    "a time to the second": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    "an upper-case UUID": re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"),
    "a lower-case UUID": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "an address": re.compile(r"\d+(\.\d+){3}"),
}
_ID = re.compile(r"(i|d|s|sg|vpc|vsw|eni|eip|e|ssg)-([a-z0-9]+)")


class Difference(NamedTuple):
    """One difference.

    Attributes:
        place: ``Instances.Instance[].Tags``: without numbers, since rows are alike.
        recorded: what the recording has there, in words.
        here: what the emulator has.
    """

    place: str
    recorded: str
    here: str


@dataclass(frozen=True, slots=True)
class Forms:
    """How to compare.

    Attributes:
        whole: a field that is only here is a difference.
        typed: numbers and booleans are told from text; they are not in XML.
    """

    whole: bool = True
    typed: bool = True

    def differences(self, recorded: Json, here: Json, place: str = "") -> Iterator[Difference]:
        """All differences, in the order of the recording."""
        if isinstance(recorded, Mapping) and isinstance(here, Mapping):
            yield from self._of_fields(recorded, here, place)
        elif self._is_list(recorded, here):
            yield from self._of_lists(_as_list(recorded), _as_list(here), f"{place}[]")
        elif (was := self._form(recorded)) != (now := self._form(here)):
            yield Difference(place, was, now)

    def _of_fields(
        self, recorded: Mapping[str, Json], here: Mapping[str, Json], place: str
    ) -> Iterator[Difference]:
        for name, value in recorded.items():
            inner = f"{place}.{name}" if place else name
            if name in here:
                yield from self.differences(value, here[name], inner)
            else:
                yield Difference(inner, self._form(value), "absent")
        for name in here:
            if self.whole and name not in recorded:
                inner = f"{place}.{name}" if place else name
                yield Difference(inner, "absent", self._form(here[name]))

    def _of_lists(self, recorded: list[Json], here: list[Json], place: str) -> Iterator[Difference]:
        if len(recorded) == len(here):
            for one, other in zip(recorded, here, strict=True):
                yield from self.differences(one, other, place)
        elif bool(recorded) != bool(here):
            yield Difference(place, f"{len(recorded)} items", f"{len(here)} items")

    def _is_list(self, recorded: Json, here: Json) -> bool:
        """Whether both are lists; in XML one item looks like none, and none like a text."""
        kinds = {type(recorded), type(here)}
        if self.typed:
            return kinds == {list}
        return list in kinds

    def _form(self, value: Json) -> str:
        if isinstance(value, Mapping):
            return "fields" if value else "no fields"
        if isinstance(value, list):
            return "a list"
        if isinstance(value, str):
            return _text_form(value)
        if value is None:
            return "null"
        return "true or false" if isinstance(value, bool) else "a number"


def _as_list(value: Json) -> list[Json]:
    if isinstance(value, list):
        return value
    return [value] if value else []


def _text_form(text: str) -> str:
    if found := _ID.fullmatch(text):
        return f"an id {found[1]}- and {len(found[2])} characters"
    return next((name for name, form in _FORMS.items() if form.fullmatch(text)), "a text")
