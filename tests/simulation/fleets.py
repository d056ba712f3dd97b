"""Random fleets: instances, their disks and addresses, and tags that guard, or only look like it.

What a key means for a run is not stated here but in ``tests.simulation.contract``, by the same
vocabulary: keys that are misspelt in the ways in which people misspell them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from random import Random

from local.ecs.account.model import ChargeType, LockReason, Status, StoppedMode
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec

DUSK = datetime(2026, 11, 20, 12, 0, 17, tzinfo=timezone.utc)
"""When a scenario begins: 20:00 in Shanghai."""

REGIONS = ("cn-hangzhou", "cn-shanghai", "cn-beijing")

PROTECT = ("curfew:protect", "Curfew:Protect", " curfew:protect ", "curfew\uff1aprotect")
"""The guard, also as people write it who mean it: all are the same key once normalized."""

MISSPELT = (
    ("curfew:protected", "yes"),
    ("curfew-protect", "yes"),
    ("curfew_protect", "yes"),
    ("cufrew:protect", "yes"),
    ("curfw:protect", "yes"),
    ("curfew:keep_until", "2020-01-01"),
    ("curfew:keepuntil", "2020-01-01"),
    ("curfew\u200b:keep\u2014until", "2020-01-01"),
    ("curfew", "please"),
    ("curfew:managed", "yes"),
)
"""Keys that mean nothing to Curfew and were meant: whoever has one is left alone.

But for those that CURFEW_ONLY_TAGS names: the operator has said what they mean.
"""

SPELLINGS = {
    "owner": ("owner", "Owner", "owner ", "\uff2fwner", "own\u200ber"),
    "team": ("Team", "TEAM "),
    "stage": ("Stage", " stage"),
}
"""How people spell the keys by which instances are kept: all are the same key to what keeps."""

VALUES = {"owner": ("li", ""), "team": ("prod", "Prod ", "ops"), "stage": ("a", "A", "b")}
"""What they write there."""

HARMLESS = (
    ("curfew:schedule", "workdays 08:30-20:00"),
    ("curfew:release-of", "i-sim00000000000000099"),
    ("lifecycle-managed", "yes"),
)
"""Keys that look like guards and are none."""

SCHEDULE_KEYS = ("curfew:schedule", "Curfew:Schedule")
"""How people write the key of a schedule."""

SCHEDULE_KEY = "[cC]urfew:[sS]chedule"
"""Any of these, as a fault names them; who loses one of two is taken to have one."""

KEPT_UNTIL = ("2026-11-21", "2026-11-20T12:05:00Z", "2020-01-01", "tomorrow", "")
"""What ``curfew:keep-until`` and ``curfew:keep-off-until`` say: until later, soon, or nonsense."""

_STOPPABLE = ("ecs.g7.large", "ecs.g7.large", "ecs.c7.large")
_LOCAL = "ecs.i3.xlarge"


def fleet_of(
    seed: int, function: str, regions: Sequence[str], only_tags: dict[str, object]
) -> tuple[InstanceSpec, ...]:
    """The fleet of a seed, in these regions; many of it have the tags that the operator wants."""
    dice = Random(f"{seed} fleet")  # noqa: S311  # a scenario, not a secret
    size = dice.choice((0, 1, 3, 5, 8, 12)) if dice.random() < 0.985 else 230
    unpaid = function != "start" and dice.random() < 0.2
    fleet = [
        _owned(dice, _instance(dice, number, regions, function, unpaid=unpaid), only_tags)
        for number in range(size)
    ]
    spelling = Random(f"{seed} spellings")  # noqa: S311  # a scenario, not a secret
    return tuple(
        replace(one, tags={**one.tags, **dict([spelt(spelling)])})
        if spelling.random() < 0.2
        else one
        for one in fleet
    )


def scheduled(
    seed: int, fleet: Sequence[InstanceSpec], schedules: Sequence[str]
) -> tuple[InstanceSpec, ...]:
    """The same fleet, most of it with one of these schedules, and started about when they open."""
    dice = Random(f"{seed} scheduled")  # noqa: S311  # a scenario, not a secret
    return tuple(_scheduled(dice, one, schedules) for one in fleet)


def _scheduled(dice: Random, one: InstanceSpec, schedules: Sequence[str]) -> InstanceSpec:
    tags = dict(one.tags)
    if dice.random() < 0.85:
        key = SCHEDULE_KEYS[0] if dice.random() < 0.9 else SCHEDULE_KEYS[1]
        tags[key] = dice.choice(schedules)
    minutes = dice.choice((1, 20, 61, 122, 600, 3000, 3000, 9000))
    started_at = DUSK - timedelta(minutes=minutes) if dice.random() < 0.7 else one.started_at
    made = one.created_at and started_at and min(one.created_at, started_at)
    made_so = replace(one, tags=tags, started_at=started_at, created_at=made)
    if one.charge_type is ChargeType.PRE_PAID or dice.random() < 0.8:
        return made_so
    return replace(made_so, status=Status.STOPPED, stopped_mode=StoppedMode.KEEP_CHARGING)


def spelt(dice: Random) -> tuple[str, str]:
    """A tag as people write it who mean one of those by which instances are kept."""
    key = dice.choice(("owner", "owner", "team", "stage"))
    return dice.choice(SPELLINGS[key]), dice.choice(VALUES[key])


def aged(fleet: Sequence[InstanceSpec], by: timedelta) -> tuple[InstanceSpec, ...]:
    """The same fleet, each instance made and started so much earlier."""
    return tuple(
        replace(
            one,
            created_at=one.created_at and one.created_at - by,
            started_at=one.started_at and one.started_at - by,
        )
        for one in fleet
    )


def _instance(
    dice: Random, number: int, regions: Sequence[str], function: str, *, unpaid: bool
) -> InstanceSpec:
    pre_paid = dice.random() < 0.06
    status = Status.STOPPED if dice.random() < 0.35 else Status.RUNNING
    started_at = DUSK - dice.choice((timedelta(seconds=9), timedelta(hours=3), timedelta(days=9)))
    is_local = dice.random() < 0.03
    return InstanceSpec(
        name=f"{dice.choice(('ci', 'web'))}-{number}",
        region=dice.choice(regions),
        instance_type=_LOCAL if is_local else dice.choice(_STOPPABLE),
        tags=_tags(dice),
        status=status,
        stopped_mode=(
            dice.choice((StoppedMode.KEEP_CHARGING, StoppedMode.STOP_CHARGING))
            if status is Status.STOPPED and not pre_paid
            else StoppedMode.NOT_APPLICABLE
        ),
        charge_type=ChargeType.PRE_PAID if pre_paid else ChargeType.POST_PAID,
        deletion_protection=not pre_paid and dice.random() < 0.06,
        locks=_locks(dice, function, unpaid=unpaid),
        data_disks=_data_disks(dice, is_local=is_local),
        created_at=started_at - dice.choice((timedelta(0), timedelta(0), timedelta(days=2))),
        started_at=started_at,
        auto_release_at=None
        if pre_paid or dice.random() < 0.6
        else DUSK + timedelta(hours=dice.choice((9, 30))),
        has_public_ip=dice.random() < 0.25,
        has_eip=dice.random() < 0.1,
        instance_id=f"i-sim{number:017d}",
    )


def _tags(dice: Random) -> dict[str, str]:
    tags = {"team": dice.choice(("dev", "dev", "ops"))}
    if dice.random() < 0.15:
        tags["stage"] = dice.choice(("a", "b", "c"))
    if dice.random() < 0.08:
        tags[dice.choice(PROTECT)] = dice.choice(("", "yes", "false"))
    elif dice.random() < 0.06:
        tags["curfew:keep-until"] = dice.choice(KEPT_UNTIL)
    elif dice.random() < 0.06:
        tags["curfew:keep-off-until"] = dice.choice(KEPT_UNTIL)
    elif dice.random() < 0.03:
        tags[dice.choice(("acs:autoscaling:scalingGroupId", "ack.aliyun.com"))] = "x"
    elif dice.random() < 0.06:
        tags |= dict([dice.choice(MISSPELT)])
    elif dice.random() < 0.06:
        tags |= dict([dice.choice(HARMLESS)])
    return tags


def _locks(dice: Random, function: str, *, unpaid: bool) -> tuple[LockReason, ...]:
    """No lock keeps a start from what ECS refuses, so there is none in the scenarios of a start."""
    drawn = dice.random(), dice.random()
    locks = dice.choice((LockReason.SECURITY, LockReason.RECYCLING))
    return (
        *((locks,) if function != "start" and drawn[0] < 0.06 else ()),
        *((LockReason.FINANCIAL,) if unpaid and drawn[1] < 0.3 else ()),
    )


def _data_disks(dice: Random, *, is_local: bool) -> tuple[DiskSpec, ...]:
    if is_local:
        return (DiskSpec(size_gib=894, category="local_ssd_pro"),)
    if dice.random() < 0.7:
        return ()
    return (DiskSpec(delete_with_instance=dice.random() < 0.5),)


def _owned(dice: Random, spec: InstanceSpec, only_tags: dict[str, object]) -> InstanceSpec:
    if not only_tags or dice.random() < 0.3:
        return spec
    wanted = {
        key: value[0] if isinstance(value, list) else "anybody" if value == "*" else str(value)
        for key, value in only_tags.items()
    }
    return replace(spec, tags={**spec.tags, **wanted})
