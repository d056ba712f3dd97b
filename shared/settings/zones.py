"""Time zones by their IANA names: places, or UTC.

Abbreviations are not accepted ("CST" is China's, America's and Cuba's), nor offsets, nor ``Etc/…``
(``Etc/GMT+8`` is eight hours *behind* UTC). Nothing here asks what time it is.
"""

from __future__ import annotations

from datetime import tzinfo
from functools import lru_cache

from shared.base.times import CHINA

CHINAS = "Asia/Shanghai"
NOT_CHINAS = frozenset(
    {"asia/beijing", "asia/shenzhen", "asia/guangzhou", "asia/hangzhou", "china", "beijing", "cst"}
    | {"gmt+8", "gmt+08:00", "utc+8", "utc+08:00", "+08:00", "+0800", "etc/gmt-8", "etc/gmt+8"}
    | {"prc", "cst-8", "北京时间", "北京", "中国", "上海"}
)
"""What people write for China's zone, in lower case, that is not its name."""

_NO_PLACES = ("etc/", "systemv/", "posix/", "right/")
_SHOWN_CHARACTERS = 40
_ABBREVIATIONS = {
    "est": "America/New_York",
    "edt": "America/New_York",
    "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles",
    "mst": "America/Denver",
    "gmt": "Europe/London",
    "jst": "Asia/Tokyo",
    **dict.fromkeys(("cet", "cest", "mez", "mesz"), "Europe/Berlin"),
}


def load_zone(name: str) -> tzinfo:
    """The zone with exactly this name; China's needs no zone database.

    Raises:
        ValueError: it is not a place, as in ``Asia/Tokyo``, or UTC, or there is no such zone.
    """
    if name == CHINAS:
        return CHINA
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415  # few set a zone

    if name != "UTC" and not _is_place(name):
        raise ValueError(name)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError(name) from None


@lru_cache(maxsize=256)
def zone_name(text: str) -> str:
    """The IANA name of a zone written in any case: ``asia/tokyo`` is ``Asia/Tokyo``.

    Raises:
        ValueError: there is no such zone; says why, and the correct form.
    """
    names = {CHINAS.casefold(): CHINAS, "utc": "UTC"}
    found = names.get(text.casefold()) or (_places().get(text.casefold()) if "/" in text else None)
    if found is None:
        near = _ABBREVIATIONS.get(text.casefold()) or nearest_zone(text)
        raise ValueError(f"{_reason(text)}; write a zone like {near}, or UTC")
    return found


def nearest_zone(name: str) -> str:
    """The zone that was probably meant, otherwise ``Asia/Tokyo`` as an example."""
    from difflib import get_close_matches  # noqa: PLC0415  # only a wrong zone needs it

    folded = name.casefold()
    if folded in NOT_CHINAS:
        return CHINAS
    near = get_close_matches(folded[:_SHOWN_CHARACTERS], _places(), n=1, cutoff=0.8)
    return _places()[near[0]] if near else "Asia/Tokyo"


def zone_of_city(name: str) -> str:
    """The zone named after this city, written with spaces or not; "" if there is none."""
    city = "_".join(name.casefold().split())
    return next((zone for low, zone in _places().items() if low.rpartition("/")[2] == city), "")


def _reason(text: str) -> str:
    folded = text.casefold()
    if folded == "cst":
        return "it stands for the time of China, of Chicago and of Cuba"
    if folded.startswith("etc/gmt"):
        return "in Etc/… the sign is reversed, and clocks never change"
    is_offset = any(sign in folded for sign in "+-") and any(map(str.isdigit, folded))
    if folded in _ABBREVIATIONS or is_offset:
        return "an abbreviation or an offset does not say when clocks change"
    if not _is_place(folded):
        return "it is not Area/City"
    return "there is no such zone"


def _is_place(zone: str) -> bool:
    return "/" in zone and not zone.casefold().startswith(_NO_PLACES)


@lru_cache(maxsize=1)
def _places() -> dict[str, str]:
    """Every zone that is a place, by its lower-case name."""
    from zoneinfo import available_timezones  # noqa: PLC0415  # as above

    return {zone.casefold(): zone for zone in sorted(available_timezones()) if _is_place(zone)}
