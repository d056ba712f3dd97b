"""The emulator as a test uses it: its parts, its clock, the requests, and stray requests.

Nothing here is mounted anywhere: `local.ecs.mount` does that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from local.ecs.account.quirks import DEFAULT_QUIRKS, Quirks
from local.ecs.clock import MANUAL_START, Clock, ManualClock
from local.ecs.emulator import Emulator, Options
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import Fleet, default_fleet
from local.ecs.fleet.fleet_file import as_fleet, read_fleet
from local.ecs.handle import Handle

FleetSource: TypeAlias = str | Path | Mapping[str, Any] | Fleet
"""A fleet file, the fields of one, or a fleet built in Python."""


class StrayRequestError(BaseException):
    """A request would have left the machine.

    Derives from BaseException, as pytest's own failures do, so that an ``except Exception`` in the
    code under test does not mistake it for a network failure.
    """


@dataclass(frozen=True, slots=True)
class FakeEcs(Handle):
    """An emulator that the SDKs reach without a socket.

    Attributes:
        emulator: the emulator.
        clock: stands still until it is advanced or slept on; a late response sleeps on it, too.
        endpoints: scheme and host of each request, in order: ``https://ecs.cn-….aliyuncs.com``.
        strays: requests refused because they would have left the machine. Each was raised; at the
            end, `check` raises the first again in case the code under test swallowed it.
    """

    emulator: Emulator
    clock: ManualClock
    endpoints: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)

    def stray(self, reason: str) -> StrayRequestError:
        """Remember a request that would have left the machine; returns the error to raise."""
        self.strays.append(reason)
        return StrayRequestError(reason)

    def check(self) -> None:
        """Raise the first stray request, if there was one.

        Raises:
            StrayRequestError: a request would have left the machine.
        """
        if self.strays:
            raise StrayRequestError(self.strays[0])


def new_fake(
    fleet: FleetSource | None = None,
    *,
    now: datetime = MANUAL_START,
    quirks: Quirks = DEFAULT_QUIRKS,
) -> FakeEcs:
    """An emulator on a manual clock, not mounted yet.

    Args:
        fleet: a fleet file (docs/emulator.md), YAML or JSON, its contents, or a `Fleet`; ``{}`` is
            an empty account; the default is the default fleet.
        now: the clock's initial time, in any zone.
        quirks: how to behave where ECS is unconfirmed.

    Raises:
        FleetFileError: the file cannot be read or is not a fleet.
        ValueError: ``now`` has no zone.
    """
    clock = ManualClock(now)
    return FakeEcs(new_emulator(fleet, clock, quirks), clock)


def new_emulator(
    fleet: FleetSource | None, clock: Clock, quirks: Quirks = DEFAULT_QUIRKS
) -> Emulator:
    """An emulator on a clock, from which the fleet's times count.

    Args:
        fleet: as for `new_fake`.
        clock: of either kind.
        quirks: how to behave where ECS is unconfirmed.

    Raises:
        FleetFileError: the file cannot be read or is not a fleet.
    """

    def build() -> Ecs:
        return Ecs(_fleet(fleet, clock.now()), clock, quirks=quirks)

    return Emulator(Options(build=build))


def _fleet(source: FleetSource | None, now: datetime) -> Fleet:
    if source is None:
        return default_fleet(now)
    if isinstance(source, Fleet):
        return source
    if isinstance(source, str | Path):
        return read_fleet(Path(source), now)
    return as_fleet(source, now)
