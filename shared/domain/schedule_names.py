"""The operator's named schedules: those in ``CURFEW_SCHEDULES``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

from shared.base.errors import Refused
from shared.domain.day_hints import has_chinese, translated
from shared.domain.days import WEEKDAYS, InvalidSpec, plain, quoted
from shared.domain.schedule import Schedule
from shared.domain.schedule_spec import EXAMPLE, NAMED_CHARACTERS, parse_spec
from shared.settings.settings import Settings

_NAME = r"[^\W\d_][\w-]*"
_ALONE = frozenset({"disabled", "exclude", "false", "ignore", "manual", "no", "none", "skip"})
_RESERVED = frozenset({*WEEKDAYS, "daily", "workdays", "offdays", "off", "never", "always", "utc"})


def resolve_spec(text: str, named: Mapping[str, Schedule] = MappingProxyType({})) -> Schedule:
    """Parse a spec or the name of one.

    Args:
        text: The value of a tag ``curfew:schedule`` or of the field ``schedule``.
        named: What ``parse_schedules`` returned.

    Raises:
        InvalidSpec: it is neither.
    """
    name = plain(text).casefold()
    if found := named.get(name):
        return found
    if re.fullmatch(_NAME, name) and not _is_grammar(name):
        known = ", ".join(sorted(named)[:20])
        alone = "always to leave the instance alone, " if name in _ALONE else ""
        raise InvalidSpec(
            f"there is no schedule named {quoted(name)}; write {alone}a spec like {EXAMPLE}"
            + (f", or one of these names: {known}" if known else ", or put it in CURFEW_SCHEDULES")
        )
    try:
        return parse_spec(text)
    except InvalidSpec as error:
        raise InvalidSpec(_name_inside(text, named) or str(error)) from None


def parse_schedules(stated: Mapping[str, object]) -> Mapping[str, Schedule]:
    """The named schedules, by their lower-case names.

    Args:
        stated: The JSON object of ``CURFEW_SCHEDULES``.

    Raises:
        InvalidSpec: a name or a spec cannot be parsed; says which.
    """
    named: dict[str, Schedule] = {}
    for name, text in stated.items():
        folded = plain(name).casefold()
        if not re.fullmatch(_NAME, folded):
            raise InvalidSpec(
                f"{quoted(name)} is not a name; write a letter, then letters, digits, - or _"
            )
        if _is_grammar(folded):
            raise InvalidSpec(
                f"{quoted(name)} is a reserved word of schedules; choose another name"
            )
        if folded in named:
            raise InvalidSpec(f"{quoted(name)} is defined twice; names are not case-sensitive")
        if not isinstance(text, str):
            raise InvalidSpec(f"{quoted(name)} must be a string like {EXAMPLE!r}")
        named[folded] = _named(name, text, stated)
    return MappingProxyType(named)


def schedules_of(settings: Settings) -> Mapping[str, Schedule]:
    """The named schedules from the operator's settings.

    Raises:
        Refused: ``CURFEW_SCHEDULES`` has a name or a spec that cannot be parsed.
    """
    try:
        return parse_schedules(settings.schedules)
    except InvalidSpec as error:
        raise Refused(f"CURFEW_SCHEDULES: {error}") from None


def _named(name: str, text: str, stated: Mapping[str, object]) -> Schedule:
    names = {plain(each).casefold() for each in stated}
    if plain(text).casefold() in names:
        raise InvalidSpec(
            f"{quoted(name)} is the name of another name, {quoted(text)}; write its spec"
        )
    try:
        return parse_spec(text, NAMED_CHARACTERS)
    except InvalidSpec as error:
        raise InvalidSpec(f"{quoted(name)}: {_name_inside(text, names) or error}") from None


def _name_inside(text: str, names: Collection[str]) -> str:
    """What is wrong with a spec that has a name next to other words; "" if none does."""
    words = re.split(r"[\s,]+", plain(text).casefold())
    found = next((one for one in words if one in names), "")
    return found and (
        f"{quoted(found)} is the name of a schedule and stands alone; write only {found}, or all "
        "days and hours without the name"
    )


def _is_grammar(name: str) -> bool:
    """Would this be parsed as a word of the grammar, correct or not?"""
    if has_chinese(name):
        return bool(translated(name))
    return name in _RESERVED or all(part in WEEKDAYS for part in name.split("-"))
