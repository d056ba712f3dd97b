"""What protects a single instance, however it was selected. Pure: no call, no clock.

Guards are asked last before each call that changes something, about a look no older than
``FRESH_FOR``. What cannot be evaluated protects. Curfew never takes a protection away.

Sources: operation locks, "API behavior when an instance is locked", ECS API reference;
DeletionProtection is not checked by ECS on a scheduled release (ModifyInstanceAutoReleaseTime),
so it is checked here; Auto Scaling tags its members ``acs:autoscaling:…``, Container Service
``ack.…`` ("System tags", Auto Scaling and ACK user guides).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta, timezone, tzinfo
from enum import Enum

import msgspec

from shared.model import Instance
from shared.times import parse_instant

PROTECT_TAG = "curfew:protect"
KEEP_UNTIL_TAG = "curfew:keep-until"
GROUP_TAG_PREFIXES = ("acs:autoscaling:", "ack.")
FRESH_FOR = timedelta(seconds=30)
"""No call that changes an instance acts on a look older than this."""

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China's time, without daylight saving since 1991: the zone of dates that name none."""


class Harm(str, Enum):
    """The worst that an action can do to an instance."""

    NONE = "none"
    OUTAGE = "outage"  # it stops running; nothing is lost
    LOSS = "loss"  # it is released, now or later


class Guard(msgspec.Struct, frozen=True):
    """The guards against one kind of harm.

    Attributes:
        harm: What the action can do; ``Harm.NONE`` is never guarded.
        zone: The time zone of a plain date in ``curfew:keep-until``.
    """

    harm: Harm
    zone: tzinfo = CHINA

    def reason(self, instance: Instance, now: datetime) -> str:
        """Everything that forbids the harm to this instance now; "" if nothing does."""
        if self.harm is Harm.NONE:
            return ""
        return "; ".join(self._reasons(instance, now))

    def _reasons(self, instance: Instance, now: datetime) -> Iterator[str]:
        for key, value in instance.tags.items():
            yield from self._tag_reasons(key, value, now)
        for lock in instance.locks:
            if not (lock == "financial" and self.harm is Harm.OUTAGE):
                yield f"{lock} lock"
        if self.harm is Harm.LOSS:
            if instance.deletion_protection:
                yield "deletion protection"
            if instance.charge_type != "PostPaid":
                yield f"charge type {instance.charge_type or 'unknown'}"

    def _tag_reasons(self, key: str, value: str, now: datetime) -> Iterator[str]:
        plain_key = key.strip().casefold()
        if plain_key == PROTECT_TAG:
            yield f"tag {PROTECT_TAG}"
        elif plain_key == KEEP_UNTIL_TAG:
            kept_until = _kept_until(value, self.zone)
            if kept_until is None:
                yield f"tag {KEEP_UNTIL_TAG}, unreadable"
            elif kept_until > now:
                yield f"tag {KEEP_UNTIL_TAG} {value.strip()}"
        elif plain_key.startswith(GROUP_TAG_PREFIXES):
            yield f"member of a group, tag {key}"


def _kept_until(value: str, zone: tzinfo) -> datetime | None:
    """The end of a ``curfew:keep-until``; None if it is in no accepted form."""
    text = value.strip()
    try:
        if len(text) == len("2026-11-24"):
            last_day = parse_instant(f"{text}T00:00Z").date()
            return datetime.combine(last_day + timedelta(days=1), time(), tzinfo=zone)
        return parse_instant(text)
    except (ValueError, OverflowError):
        return None
