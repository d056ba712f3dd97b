"""One night, all of it decided by a seed: a fleet, a request, and what goes wrong meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

from local.ecs.durations import Durations
from local.ecs.faults import (
    AnyFault,
    BrokenBody,
    ClockSkew,
    Cut,
    Delay,
    DroppedTags,
    LostPermission,
    MissingPage,
    ProxyPage,
    Refuse,
)
from local.ecs.fleet import DiskSpec, InstanceSpec
from local.ecs.model import ChargeType, LockReason, Status, StoppedMode
from local.ecs.quirks import Quirks
from local.ecs.throttle import Limits
from local.envelopes import ENVELOPES

DUSK = datetime(2026, 11, 20, 12, 0, 17, tzinfo=timezone.utc)
REGIONS = ("cn-hangzhou", "cn-shanghai", "cn-beijing")
FUNCTIONS = (
    "stop",
    "start",
    "release",
    "set_auto_release",
    "clear_auto_release",
    "describe",
)


@dataclass(frozen=True)
class Night:
    """Everything that is given before the first call.

    Attributes:
        seed: Gives this night again.
        kills: At which calls to ECS, counted over all invocations, the process dies; a negative
            number dies after the deed of that call.
        twin_at: At which call a second delivery of the same event runs from start to end; 0: none.
        meddling: How probable it is that somebody changes something before a call.
        late: How old the event is when it first comes; negative: its sender's clock is ahead.
    """

    seed: int
    function: str
    request: Mapping[str, object]
    trigger: str
    fleet: tuple[InstanceSpec, ...]
    durations: Durations
    quirks: Quirks
    limits: Limits
    faults: tuple[AnyFault, ...]
    timeout: timedelta
    latency: timedelta
    kills: tuple[int, ...]
    twin_at: int
    meddling: float
    late: timedelta = timedelta(0)

    @property
    def sent_at(self) -> datetime:
        """The time that the event bears, if its trigger's events bear one."""
        return DUSK - self.late

    @property
    def event(self) -> bytes:
        """The event as its trigger delivers it."""
        return ENVELOPES[self.trigger](self.request, self.sent_at)


def night(seed: int) -> Night:
    """The night of a seed."""
    dice = Random(seed)  # noqa: S311  # a night, not a secret
    regions = REGIONS[: dice.choice((1, 1, 1, 2, 3))]
    function = dice.choice(FUNCTIONS)
    size = dice.choice((0, 1, 3, 5, 8, 12)) if dice.random() < 0.98 else 230
    fleet = tuple(_instance(dice, number, regions, function) for number in range(size))
    fleet = _some_unpaid(seed, function, fleet)
    calm = dice.random() < 0.25
    return Night(
        seed=seed,
        function=function,
        request=_request(dice, function, regions, fleet),
        trigger=dice.choice(tuple(ENVELOPES)),
        fleet=fleet,
        durations=_durations(dice),
        quirks=replace(
            _quirks(seed),
            delete_batch_is_atomic=dice.random() < 0.8,
            repeated_deletion_succeeds=dice.random() < 0.5,
            code_is_text=dice.random() < 0.5,
        ),
        limits=Limits() if calm or dice.random() < 0.8 else _limits(dice),
        faults=() if calm else (*_faults(dice), *_lost_tags(seed, function)),
        timeout=timedelta(seconds=dice.choice((3, 10, 60, 600, 3600))),
        latency=timedelta(milliseconds=dice.choice((0, 20, 150))),
        kills=() if calm or dice.random() < 0.7 else _kills(dice),
        twin_at=0 if calm or dice.random() < 0.8 else dice.randint(1, 12),
        meddling=0.0 if calm or dice.random() < 0.6 else 0.15,
        late=_late(seed),
    )


def simpler(bad: Night) -> Sequence[Night]:
    """The same night with one thing less, for finding out what a failure needs."""
    less = [
        replace(bad, kills=()),
        replace(bad, twin_at=0),
        replace(bad, meddling=0.0),
        replace(bad, faults=()),
        replace(bad, limits=Limits()),
        replace(bad, trigger="direct"),
        replace(bad, quirks=Quirks()),
        replace(bad, latency=timedelta(0)),
        replace(bad, late=timedelta(0)),
        *(replace(bad, faults=_without(bad.faults, n)) for n in range(len(bad.faults))),
        *(replace(bad, fleet=_without(bad.fleet, n)) for n in range(len(bad.fleet))),
    ]
    return [one for one in less if one != bad]


def _without(items: tuple[object, ...], index: int) -> tuple:  # type: ignore[type-arg]  # of any kind
    return (*items[:index], *items[index + 1 :])


def _instance(dice: Random, number: int, regions: Sequence[str], function: str) -> InstanceSpec:
    tags = {"team": dice.choice(("dev", "dev", "ops"))}
    if dice.random() < 0.15:
        tags["stage"] = dice.choice(("a", "b", "c"))
    guard = dice.random()
    if guard < 0.08:
        tags["curfew:protect"] = dice.choice(("", "yes", "false"))
    elif guard < 0.14:
        tags["curfew:keep-until"] = dice.choice(
            ("2026-11-21", "2026-11-20T12:05:00Z", "2020-01-01", "tomorrow")
        )
    elif guard < 0.17:
        tags[dice.choice(("acs:autoscaling:scalingGroupId", "ack.aliyun.com"))] = "x"
    pre_paid = dice.random() < 0.06
    locked = function != "start" and dice.random() < 0.06
    status = Status.STOPPED if dice.random() < 0.35 else Status.RUNNING
    started = DUSK - dice.choice((timedelta(seconds=9), timedelta(hours=3), timedelta(days=9)))
    return InstanceSpec(
        name=f"{dice.choice(('ci', 'web'))}-{number}",
        region=dice.choice(regions),
        tags=tags,
        status=status,
        stopped_mode=(
            dice.choice((StoppedMode.KEEP_CHARGING, StoppedMode.STOP_CHARGING))
            if status is Status.STOPPED and not pre_paid
            else StoppedMode.NOT_APPLICABLE
        ),
        charge_type=ChargeType.PRE_PAID if pre_paid else ChargeType.POST_PAID,
        deletion_protection=not pre_paid and dice.random() < 0.06,
        locks=(dice.choice((LockReason.SECURITY, LockReason.RECYCLING)),) if locked else (),
        data_disks=(DiskSpec(delete_with_instance=dice.random() < 0.5),)
        if dice.random() < 0.2
        else (),
        created_at=started,
        auto_release_at=None
        if pre_paid or dice.random() < 0.6
        else DUSK + timedelta(hours=dice.choice((9, 30))),
        instance_id=f"i-sim{number:017d}",
    )


def _request(
    dice: Random, function: str, regions: Sequence[str], fleet: Sequence[InstanceSpec]
) -> Mapping[str, object]:
    request: dict[str, object] = {"regions": list(regions), **_selection(dice, fleet)}
    if function == "release" or dice.random() < 0.15:
        request["dry_run"] = dice.random() < 0.15
    if function in {"stop", "release"} and dice.random() < 0.4:
        request["force"] = dice.random() < 0.7
    if function in {"stop", "start"} and dice.random() < 0.3:
        request["wait"] = dice.random() < 0.5
    if function == "stop" and dice.random() < 0.4:
        request["stopped_mode"] = dice.choice(("StopCharging", "KeepCharging"))
    if function == "release" and dice.random() < 0.4:
        request["snapshot"] = dice.random() < 0.3
    if function == "set_auto_release":
        request |= dice.choice(({"release_after": "2h"}, {"release_at": "2026-11-21T00:30:00Z"}))
        request["if_set"] = dice.choice(("replace", "replace", "keep", "earlier", "later"))
    return request


def _selection(dice: Random, fleet: Sequence[InstanceSpec]) -> Mapping[str, object]:
    way = dice.random()
    if way < 0.3:
        known = [spec.instance_id for spec in fleet if dice.random() < 0.6]
        return {"instance_ids": known + (["i-nobody"] if not known or dice.random() < 0.1 else [])}
    if way < 0.8:
        tags = dice.choice(
            ({"team": "dev"}, {"team": "*"}, {"team": ["dev", "ops"]}, {"stage": ["a", "b"]})
        )
        return {"tags": tags, **({"name": "ci-*"} if dice.random() < 0.2 else {})}
    return {"all": True, "max_instances": dice.choice((2, 500))}


def _durations(dice: Random) -> Durations:
    def seconds(*choices: float) -> timedelta:
        return timedelta(seconds=dice.choice(choices))

    return Durations(
        starting=seconds(0, 4, 40),
        stopping=seconds(0, 5, 70),
        stopping_by_force=seconds(0, 1),
        deleting=seconds(0, 2, 90),
        snapshot=seconds(0, 10, 300),
        jitter=dice.choice((0.0, 0.5)),
    )


def _limits(dice: Random) -> Limits:
    return Limits(
        otherwise=dice.choice((1, 3, 10)),
        window=timedelta(seconds=dice.choice((1, 60))),
        retry_after=dice.random() < 0.3,
    )


def _faults(dice: Random) -> tuple[AnyFault, ...]:
    def where() -> dict[str, Any]:
        return {
            "action": dice.choice(("*", "Describe*", "Stop*", "Delete*", "Create*", "Modify*")),
            "probability": dice.choice((0.05, 0.2)),
            "times": dice.choice((1, 2, 5)),
        }

    kinds = (
        lambda: Refuse(status=dice.choice((500, 503)), code="InternalError", **where()),
        lambda: Refuse(status=503, code="ServiceUnavailable", after_deed=True, **where()),
        lambda: Refuse(status=400, code="Throttling.User", **where()),
        lambda: Refuse(status=409, code="OperationConflict", **where()),
        lambda: Cut(after_deed=dice.random() < 0.5, **where()),
        lambda: Delay(seconds=dice.choice((2, 25, 45)), **where()),
        lambda: BrokenBody(**where()),
        lambda: ProxyPage(status=dice.choice((200, 502)), **where()),
        lambda: LostPermission(action="Describe*", times=1, probability=0.2),
        lambda: MissingPage(action="DescribeInstances", times=1, probability=0.2),
        lambda: ClockSkew(action="Describe*", times=1, probability=0.05),
    )
    drawn = [dice.choice(kinds)() for _ in range(dice.choice((0, 0, 1, 1, 2, 3)))]
    # What ECS says twice running is believed, so a night in which it lies twice proves nothing.
    lies = [n for n, one in enumerate(drawn) if isinstance(one, MissingPage | LostPermission)]
    return tuple(one for number, one in enumerate(drawn) if number not in lies[1:])


def _lost_tags(seed: int, function: str) -> tuple[AnyFault, ...]:
    """Pages without their tags, where something can be lost: only there tags are asked for twice.

    From dice of its own, so that the nights of before stay the same.
    """
    dice = Random(f"{seed} tags")  # noqa: S311  # a night, not a secret
    if function not in {"release", "set_auto_release"} or dice.random() < 0.8:
        return ()
    return (DroppedTags(action="DescribeInstances", probability=0.3, times=dice.choice((1, 9))),)


def _quirks(seed: int) -> Quirks:
    """What nobody has confirmed, either way; from dice of its own, like the tags.

    Not ``tag_filter_limit``: that of ECS is documented, and beyond it is more than a night's fleet.
    """
    dice = Random(f"{seed} quirks")  # noqa: S311  # a night, not a secret
    switches = {
        each.name: dice.random() < 0.5 for each in fields(Quirks) if isinstance(each.default, bool)
    }
    return Quirks(
        **switches,
        too_many_ids_code=dice.choice(("InvalidInstanceIds.Malformed", "InvalidParameter")),
        listing_delay=timedelta(seconds=dice.choice((0, 5))),
        auto_release_delay=timedelta(seconds=dice.choice((0, 45, 300))),
    )


def _some_unpaid(
    seed: int, function: str, fleet: tuple[InstanceSpec, ...]
) -> tuple[InstanceSpec, ...]:
    """A financial lock forbids what loses an instance, not that it is stopped."""
    dice = Random(f"{seed} unpaid")  # noqa: S311  # a night, not a secret
    if function == "start" or dice.random() < 0.8:
        return fleet
    return tuple(
        replace(one, locks=(*one.locks, LockReason.FINANCIAL)) if dice.random() < 0.3 else one
        for one in fleet
    )


def _late(seed: int) -> timedelta:
    """Most events come at once; from dice of its own, like the tags."""
    dice = Random(f"{seed} late")  # noqa: S311  # a night, not a secret
    if dice.random() < 0.85:
        return timedelta(0)
    return timedelta(minutes=dice.choice((-20, -6, -4, 2, 80, 355, 359, 361, 1440)))


def _kills(dice: Random) -> tuple[int, ...]:
    return tuple(
        dice.choice((1, -1)) * dice.randint(1, 15) for _ in range(dice.choice((1, 1, 2, 3)))
    )
