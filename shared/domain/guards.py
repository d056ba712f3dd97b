"""What protects a single instance, however it was selected. Pure: no call, no clock.

Guards are checked last before each call that changes something, on a look no older than
``FRESH_FOR``. What cannot be evaluated protects. Curfew never removes a protection.

Sources: operation locks, "API behavior when an instance is locked", ECS API reference;
DeletionProtection is not checked by ECS on a scheduled release (ModifyInstanceAutoReleaseTime),
so it is checked here; Auto Scaling tags its members ``acs:autoscaling:…``, Container Service
``ack.…``, E-MapReduce ``acs:emr:…``, E-HPC ``ehpc.…`` ("System tags", user guides of each; E-HPC: a
member as DescribeInstances shows it).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta, tzinfo
from enum import Enum
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Literal

import msgspec

from shared.base.times import CHINA, parse_instant, to_zone_text
from shared.domain.instance import Instance
from shared.settings.settings import Settings

PREFIX = "curfew"
KEEP_UNTIL_TAG = "curfew:keep-until"
KEEP_OFF_UNTIL_TAG = "curfew:keep-off-until"
SCHEDULE_TAG = "curfew:schedule"
OTHER_TAGS = frozenset({SCHEDULE_TAG, "curfew:release-of"})
"""Curfew's keys that are not guards."""

GROUP_TAG_PREFIXES = ("acs:autoscaling:", "acs:emr:", "ack.", "ehpc.")
FRESH_FOR = timedelta(seconds=30)
"""No call that changes an instance is based on a look older than this."""

STILL_RELEASED = "ECS will still release it"
"""How the reason begins for an instance that is protected and has a release time."""

_INVISIBLE_LETTERS = "\u115f\u1160\u2800"
"""Hangul fillers and the braille blank: letters and symbols to Unicode, but invisible."""


class Harm(str, Enum):
    """The worst that an action can do to an instance."""

    NONE = "none"
    COST = "cost"  # it runs again, and is billed
    OUTAGE = "outage"  # it stops running; nothing is lost
    LOSS = "loss"  # it is released, now or later


class TagGuard(msgspec.Struct, frozen=True):
    """What a tag with one of Curfew's own keys guards against.

    Attributes:
        harms: These, never ``Harm.NONE``.
        until: The value is a date or a time and guards until then; if it cannot be parsed, it
            always guards. Otherwise any value guards, even an empty one.
    """

    harms: frozenset[Harm]
    until: bool = False


TAG_GUARDS: Mapping[str, TagGuard] = MappingProxyType(
    {
        "curfew:protect": TagGuard(frozenset({Harm.COST, Harm.OUTAGE, Harm.LOSS})),
        KEEP_UNTIL_TAG: TagGuard(frozenset({Harm.OUTAGE, Harm.LOSS}), until=True),
        KEEP_OFF_UNTIL_TAG: TagGuard(frozenset({Harm.COST}), until=True),
    }
)
"""Every guard that is a Curfew tag, by its ``plain_key``."""

_GUARD_NAMES = tuple(
    "".join(filter(str.isalnum, key.removeprefix(PREFIX)))
    for key in sorted((*TAG_GUARDS, SCHEDULE_TAG))
)


class Guard(msgspec.Struct, frozen=True, dict=True):
    """The guards against one kind of harm.

    Attributes:
        harm: What the action can do; against ``Harm.NONE`` only ``only_tags`` guards.
        zone: The time zone of a plain date in ``curfew:keep-until``.
        only_tags: An instance that lacks one of these is guarded, see ``Settings.only_tags``.
    """

    harm: Harm
    zone: tzinfo = CHINA
    only_tags: Mapping[str, str | tuple[str, ...]] = MappingProxyType({})

    @cached_property
    def known_keys(self) -> frozenset[str]:
        """The known tag keys, in their plain form."""
        return frozenset({*map(plain_key, self.only_tags), *TAG_GUARDS, *OTHER_TAGS})

    def reason(self, instance: Instance, now: datetime) -> str:
        """Everything that forbids the harm to this instance now; "" if nothing does."""
        return "; ".join(self._reasons(instance, now))

    def _reasons(self, instance: Instance, now: datetime) -> Iterator[str]:
        for key, values in self.only_tags.items():
            if not _has(instance.tags, key, values):
                yield f"without tag {_shown_tag(key, values)} (CURFEW_ONLY_TAGS)"
        if self.harm is Harm.NONE:
            return
        for key, value in instance.tags.items():
            yield from self._tag_reasons(key, value, now)
        yield from map(not_understood, unknown_keys(instance, self))
        if self.harm is not Harm.COST:
            yield from self._other_reasons(instance)

    def despite(self, instance: Instance, now: datetime) -> str:
        """What comes first in the reason if ECS will release the instance despite its protection.

        Curfew's guards bind only Curfew, and DeletionProtection does not prevent ECS's scheduled
        release. Whether ECS's own locks do is unknown, so nothing is said about them, nor about
        instances outside Curfew's scope.
        """
        at = instance.auto_release_at
        if at is None:
            return ""
        unlocked = msgspec.structs.replace(instance, locks=(), charge_type="PostPaid")
        loss = msgspec.structs.replace(self, harm=Harm.LOSS, only_tags={})
        if not loss.reason(unlocked, max(at, now)):
            return ""
        clearing = msgspec.structs.replace(self, harm=Harm.NONE)
        where = "in the ECS console" if clearing.reason(instance, now) else "by clear_auto_release"
        when = to_zone_text(at, self.zone)
        return f"{STILL_RELEASED} at {when}: clear the release time {where}"

    def _other_reasons(self, instance: Instance) -> Iterator[str]:
        for lock in instance.locks:
            if not (lock.lower() == "financial" and self.harm is Harm.OUTAGE):
                yield f"{lock} lock"
        if self.harm is Harm.LOSS:
            if instance.deletion_protection:
                yield "deletion protection"
            if instance.charge_type != "PostPaid":
                yield f"charge type {instance.charge_type or 'unknown'}"

    def _tag_reasons(self, key: str, value: str, now: datetime) -> Iterator[str]:
        plain = plain_key(key)
        guard = TAG_GUARDS.get(plain)
        if guard is not None:
            if self.harm in guard.harms:
                yield from self._own_reasons(plain, guard, value, now)
        elif self.harm is not Harm.COST and plain.startswith(GROUP_TAG_PREFIXES):
            yield f"member of a group, tag {printable_key(key)}"

    def _own_reasons(self, key: str, guard: TagGuard, value: str, now: datetime) -> Iterator[str]:
        if not guard.until:
            yield f"tag {key}"
            return
        until = _end_of(value, self.zone)
        if until is None:
            yield in_doubt(key)
        elif until > now:
            yield f"tag {key} {value.strip()}{_in_zone(value, until, self.zone)}"


def end_of_tag(instance: Instance, tag: str, zone: tzinfo) -> datetime | None:
    """The end that ``KEEP_UNTIL_TAG`` or ``KEEP_OFF_UNTIL_TAG`` names, past or not; None: none.

    Args:
        instance: Who has the tag, or not.
        tag: One of the two keys.
        zone: The zone of a plain date.
    """
    ends = (_end_of(value, zone) for key, value in instance.tags.items() if plain_key(key) == tag)
    return max((end for end in ends if end is not None), default=None)


def unreadable_values(instance: Instance, tag: str, zone: tzinfo) -> list[str]:
    """The value of one of these two tags that names no end; arguments as for ``end_of_tag``."""
    values = (value for key, value in instance.tags.items() if plain_key(key) == tag)
    return [value for value in values if _end_of(value, zone) is None]


def in_doubt(tag: str) -> str:
    """The reason for a guard whose value cannot be parsed."""
    return f"tag {tag}, unreadable"


def not_understood(key: str) -> str:
    """The reason for a key that is not a guard but looks like one."""
    return f"tag {printable_key(key)} is not understood"


def guard_of(harm: Harm, settings: Settings) -> Guard:
    """The guard against this harm under these settings; the only place that makes guards."""
    return Guard(harm, settings.zone, settings.only_tags)


def unknown_keys(instance: Instance, guard: Guard) -> list[str]:
    """The tag keys that appear to be meant for Curfew, but that it does not understand.

    Such a key begins with ``curfew``, or with a word one typo away from it followed by the name of
    a guard: a misspelt guard must still protect.
    """
    return [
        key
        for key in instance.tags
        if _is_meant_for_us(key) and plain_key(key) not in guard.known_keys
    ]


@lru_cache(maxsize=4096)
def plain_key(key: str) -> str:
    """A tag's key as it is compared: by its look, ignoring case and character width.

    NFKC, without case, spaces, and everything invisible: control and format characters (such as a
    zero-width space) and marks.
    """
    if key.isascii():
        return "".join(filter(str.isprintable, key)).replace(" ", "").lower()
    return _visible(key, "NFKC")


def printable_key(key: str) -> str:
    """A key for a person to find, with invisible characters written out."""
    return key if key.isprintable() else ascii(key)[1:-1]


def _visible(key: str, form: Literal["NFKC", "NFKD"]) -> str:
    from unicodedata import category, normalize  # noqa: PLC0415  # few keys are not ASCII

    folded = normalize(form, normalize(form, key).lower())
    return "".join(
        one for one in folded if category(one)[0] not in "CMZ" and one not in _INVISIBLE_LETTERS
    )


@lru_cache(maxsize=4096)
def _is_meant_for_us(key: str) -> bool:
    plain = plain_key(key)
    if plain.startswith(PREFIX):
        return True
    # A letter and its accent are one typo, or the accent alone is.
    forms = {plain} if key.isascii() else {plain, _visible(key, "NFKD")}
    return any(
        letters.endswith(name) and _is_like_ours(letters.removesuffix(name))
        for form in forms
        for letters in ("".join(filter(str.isalnum, form)),)
        for name in _GUARD_NAMES
    )


def _is_like_ours(word: str) -> bool:
    """Is this ``curfew``, perhaps with one letter added, missing, wrong or swapped?"""
    start = 0
    while word[start : start + 1] == PREFIX[start : start + 1] != "":
        start += 1
    rest, right = word[start:], PREFIX[start:]
    return (
        rest[1:] == right  # none, or one too many
        or rest == right[1:]  # one too few
        or (bool(rest) and rest[1:] == right[1:])  # a wrong one
        or (rest[1::-1] == right[:2] and rest[2:] == right[2:])  # two changed
    )


def _has(tags: Mapping[str, str], key: str, values: str | tuple[str, ...]) -> bool:
    if key not in tags:
        return False
    return values == "*" or tags[key] in ((values,) if isinstance(values, str) else values)


def _shown_tag(key: str, values: str | tuple[str, ...]) -> str:
    return (
        key if values == "*" else f"{key}={values if isinstance(values, str) else '|'.join(values)}"
    )


def _in_zone(value: str, until: datetime, zone: tzinfo) -> str:
    """The end of a tag in the operator's zone, if the tag has another offset."""
    stated, local = value.strip().upper(), to_zone_text(until, zone)
    offset = "+00:00" if stated.endswith("Z") else stated[-len("+08:00") :]
    is_date = len(stated) == len("2026-11-24")
    return "" if is_date or local.endswith(offset) else f" (= {local})"


def _end_of(value: str, zone: tzinfo) -> datetime | None:
    """When a ``curfew:keep-until`` ends; None if it is in no accepted form."""
    text = value.strip()
    try:
        if len(text) == len("2026-11-24"):
            last_day = parse_instant(f"{text}T00:00Z").date()
            return datetime.combine(last_day + timedelta(days=1), time(), tzinfo=zone)
        return parse_instant(text)
    except (ValueError, OverflowError):
        return None
