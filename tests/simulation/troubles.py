"""What goes wrong in a scenario: faults of ECS and on the way to it, unconfirmed facts, kills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from random import Random
from typing import Any

from local.ecs.account.durations import Durations
from local.ecs.account.quirks import Quirks
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import (
    AnyFault,
    BrokenBody,
    ClockSkew,
    Cut,
    Delay,
    DroppedTags,
    GarbledRow,
    LostPermission,
    MissingPage,
    ProxyPage,
    Refuse,
)
from local.ecs.gateway.throttle import Limits

ODD = (
    "token is a list",
    "no list",
    "ids are lists",
    "rows are null",
    "times are numbers",
    "surprise",
)
"""Answers that no reference knows, by what is odd about them; ``transport`` makes them."""


@dataclass(frozen=True)
class BadRegion:
    """A region of the request that cannot be read, all night long and the morning after.

    Attributes:
        how: ``dead``: no answer ever comes; ``denied``: RAM allows nothing there; ``misspelt``:
            there is no such region; ``unresolved``: the same, seen by its host's name.
    """

    region: str
    how: str


def bad_regions(seed: int) -> tuple[BadRegion, ...]:
    """The regions of a seed that cannot be read; in most scenarios none."""
    dice = Random(f"{seed} regions")  # noqa: S311  # a scenario, not a secret
    if dice.random() < 0.92:
        return ()
    how = dice.choice(("dead", "denied", "misspelt", "unresolved"))
    region = "cn-hangzou" if how in {"misspelt", "unresolved"} else "cn-shanghai"
    return (BadRegion(region, how),)


def durations(dice: Random) -> Durations:
    """How long ECS takes."""

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


def limits(dice: Random) -> Limits:
    """How many calls ECS takes."""
    return Limits(
        otherwise=dice.choice((1, 3, 10)),
        window=timedelta(seconds=dice.choice((1, 60))),
        retry_after=dice.random() < 0.3,
    )


def faults(dice: Random) -> tuple[AnyFault, ...]:
    """What strikes now and then."""

    def where() -> dict[str, Any]:
        return {
            "action": dice.choice(("*", "Describe*", "Stop*", "Delete*", "Create*", "Modify*")),
            "probability": dice.choice((0.05, 0.2)),
            "times": dice.choice((1, 2, 5)),
        }

    kinds = (
        lambda: Refuse(status=dice.choice((500, 503)), code="InternalError", **where()),
        lambda: Refuse(status=503, code="ServiceUnavailable", after_write=True, **where()),
        lambda: Refuse(status=400, code="Throttling.User", **where()),
        lambda: Refuse(status=409, code="OperationConflict", **where()),
        lambda: Refuse(status=403, code="Operation.Conflict", **where()),
        lambda: Cut(after_write=dice.random() < 0.5, **where()),
        lambda: Delay(seconds=dice.choice((2, 25, 45)), **where()),
        lambda: BrokenBody(**where()),
        lambda: ProxyPage(status=dice.choice((200, 502)), **where()),
        lambda: LostPermission(action="Describe*", times=1, probability=0.2),
        lambda: MissingPage(action="DescribeInstances", times=1, probability=0.2),
        lambda: ClockSkew(action="Describe*", times=1, probability=0.05),
    )
    drawn = [dice.choice(kinds)() for _ in range(dice.choice((0, 0, 1, 1, 2, 3)))]
    return one_lie(drawn)


def one_lie(drawn: Sequence[AnyFault]) -> tuple[AnyFault, ...]:
    """What ECS says twice running is believed, so two lies in a scenario prove nothing."""
    lies = [n for n, one in enumerate(drawn) if isinstance(one, MissingPage | LostPermission)]
    return tuple(one for number, one in enumerate(drawn) if number not in lies[1:])


def lost_tags(seed: int, function: str) -> tuple[AnyFault, ...]:
    """Pages without their tags, where a loss makes Curfew ask for tags twice."""
    dice = Random(f"{seed} tags")  # noqa: S311  # a scenario, not a secret
    if function not in {"release", "set_auto_release"} or dice.random() < 0.8:
        return ()
    return (DroppedTags(action="DescribeInstances", probability=0.3, times=dice.choice((1, 9))),)


def lost_key(seed: int, keys: Sequence[str]) -> tuple[AnyFault, ...]:
    """Pages that lack one of these tags, and show the others."""
    dice = Random(f"{seed} key")  # noqa: S311  # a scenario, not a secret
    if not keys or dice.random() < 0.6:
        return ()
    often = dice.choice((0.3, 1.0))
    return (DroppedTags(action="DescribeInstances", key=dice.choice(keys), probability=often),)


def garbled(seed: int, fleet: Sequence[InstanceSpec]) -> tuple[GarbledRow, ...]:
    """One instance whose row cannot be read, all night."""
    dice = Random(f"{seed} garbled")  # noqa: S311  # a scenario, not a secret
    if not fleet or dice.random() < 0.95:
        return ()
    field = dice.choice(("Status", "CreationTime", "Tags", "OperationLocks", "AutoReleaseTime"))
    victim = dice.choice(fleet).instance_id
    return (GarbledRow(action="DescribeInstances", id=victim, field=field, value=7),)


def quirks(seed: int) -> Quirks:
    """What nobody has confirmed, either way.

    Not ``tag_filter_limit``: that of ECS is documented, and beyond it is more than a fleet has.
    """
    dice = Random(f"{seed} quirks")  # noqa: S311  # a scenario, not a secret
    switches = {
        each.name: dice.random() < 0.5 for each in fields(Quirks) if isinstance(each.default, bool)
    }
    drawn = Quirks(
        **switches,
        too_many_ids_code=dice.choice(("InvalidInstanceIds.Malformed", "InvalidParameter")),
        listing_delay=timedelta(seconds=dice.choice((0, 5))),
        auto_release_delay=timedelta(seconds=dice.choice((0, 45, 300))),
    )
    return replace(drawn, delete_batch_is_atomic=dice.random() < 0.8)


def late(seed: int) -> timedelta:
    """How old the event is: most come at once."""
    dice = Random(f"{seed} late")  # noqa: S311  # a scenario, not a secret
    if dice.random() < 0.8:
        return timedelta(0)
    return timedelta(minutes=dice.choice((-20, -6, -4, 2, 2, 45, 80, 80, 91, 355, 359, 361, 1440)))


def kills(dice: Random) -> tuple[int, ...]:
    """At which calls the process dies."""
    return tuple(
        dice.choice((1, -1)) * dice.randint(1, 15) for _ in range(dice.choice((1, 1, 2, 3)))
    )


def hidden(seed: int) -> int:
    """At which look by ids one instance is left out, and of the next that follows at once."""
    dice = Random(f"{seed} hidden")  # noqa: S311  # a scenario, not a secret
    return dice.randint(1, 9) if dice.random() < 0.06 else 0


def odd(seed: int) -> tuple[tuple[int, str], ...]:
    """Which calls are answered oddly."""
    dice = Random(f"{seed} odd")  # noqa: S311  # a scenario, not a secret
    if dice.random() < 0.95:
        return ()
    return tuple((dice.randint(1, 20), dice.choice(ODD)) for _ in range(dice.choice((1, 1, 2))))


def initializing(seed: int) -> timedelta:
    """How long ECS refuses whatever changes, since the machines are being initialized."""
    dice = Random(f"{seed} initializing")  # noqa: S311  # a scenario, not a secret
    return timedelta(minutes=dice.choice((1, 7))) if dice.random() < 0.05 else timedelta(0)
