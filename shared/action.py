"""What defines a function: its name, its request, the harm it can do, its rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import msgspec

from shared.domain.guards import Guard, Harm, guard_of
from shared.domain.steps import DiskLook, Rule
from shared.request.request import Request
from shared.settings.settings import Settings

R = TypeVar("R", bound=Request)


class RequestTime(msgspec.Struct, frozen=True):
    """When a request was made, and under which settings.

    Attributes:
        at: The event's own time: the same for every delivery of it.
        now: The time of this delivery.
        settings: The operator's choices.
    """

    at: datetime
    now: datetime
    settings: Settings


def tells_of_no_releases(request: Request) -> timedelta | None:  # noqa: ARG001  # whatever the request
    """For actions with a row for everything selected."""
    return None


def no_disks(request: Request) -> DiskLook:  # noqa: ARG001  # whatever the request
    """For actions that do not care about disks."""
    return DiskLook.NONE


def no_prices(request: Request) -> bool:  # noqa: ARG001  # whatever the request
    """For actions that show no prices."""
    return False


class Action(msgspec.Struct, Generic[R], frozen=True):
    """One function, as the entry point runs it.

    Attributes:
        name: The function's name; a request with another ``action`` is refused.
        request: The type that its requests are validated by.
        harm: What it can do to an instance, which decides the guards against it.
        rule: Makes the rule for a request; raises InvalidEvent if its times make no sense.
        disks: Which disks a request's rule needs to see.
        prices: Whether a request wants to know what the instances cost.
        releases_within: Only instances that ECS will release within this time from now have a row;
            None: everything selected has one. Raises InvalidEvent.
        only_reads: It changes nothing, so ``all`` needs no cap, and no guards apply.
        unguarded: It harms nobody, so no guards apply.
    """

    name: str
    request: type[R]
    harm: Harm
    rule: Callable[[R, RequestTime], Rule]
    disks: Callable[[R], DiskLook] = no_disks
    prices: Callable[[R], bool] = no_prices
    releases_within: Callable[[R], timedelta | None] = tells_of_no_releases
    only_reads: bool = False
    unguarded: bool = False

    def guard(self, settings: Settings) -> Guard:
        """What guards an instance against this action; nothing guards against reading."""
        return (
            Guard(Harm.NONE) if self.only_reads or self.unguarded else guard_of(self.harm, settings)
        )
