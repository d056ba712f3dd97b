"""How long each change takes.

ECS documents the order of statuses but not their durations; the defaults are a few seconds each, so
that every transitional status is seen and nobody waits long.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Durations:
    """How long an instance stays in each transitional status, and a snapshot takes.

    Attributes:
        pending: a new instance, until it begins to start.
        starting: a start, until it is running.
        stopping: a graceful stop.
        stopping_by_force: a stop that cuts the power.
        rebooting: a reboot, shown as Starting.
        deleting: from an accepted deletion of a stopped instance until it is gone; until then it
            is listed, stopped, and refuses everything.
        snapshot: a snapshot of one disk, whatever its size.
        jitter: how far each duration may deviate, as a fraction from 0 to 1, either way.
    """

    pending: timedelta = timedelta(seconds=2)
    starting: timedelta = timedelta(seconds=5)
    stopping: timedelta = timedelta(seconds=5)
    stopping_by_force: timedelta = timedelta(seconds=1)
    rebooting: timedelta = timedelta(seconds=6)
    deleting: timedelta = timedelta(seconds=2)
    snapshot: timedelta = timedelta(seconds=10)
    jitter: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ValueError: a duration is negative, or the jitter is not in 0 to 1.
        """
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, timedelta) and value < timedelta(0):
                raise ValueError(f"duration {each.name} must be at least 0, not {value}")
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"jitter must be from 0 to 1, not {self.jitter}")


DEFAULT_DURATIONS = Durations()

NO_TIME = Durations(
    pending=timedelta(0),
    starting=timedelta(0),
    stopping=timedelta(0),
    stopping_by_force=timedelta(0),
    rebooting=timedelta(0),
    deleting=timedelta(0),
    snapshot=timedelta(0),
)
"""Every change is complete before the next request."""
