"""The ECS that is measured against: so many running instances, every change at once, a latency."""

from __future__ import annotations

import sys

from local.ecs.clock import RealClock
from local.ecs.durations import NO_TIME
from local.ecs.emulator import Emulator, Options
from local.ecs.engine import Ecs
from local.ecs.faults import AnyFault, Delay
from local.ecs.fleet import Fleet, InstanceSpec
from local.ecs.server import serve


def main(size: int, latency_ms: float) -> None:
    """Serve until it is ended."""
    fleet = Fleet(
        tuple(InstanceSpec(name=f"dev-{number}", tags={"team": "dev"}) for number in range(size))
    )
    faults: tuple[AnyFault, ...] = (Delay(seconds=latency_ms / 1000),) if latency_ms else ()
    serve(
        Emulator(Options(build=lambda: Ecs(fleet, RealClock(), durations=NO_TIME), faults=faults)),
        port=0,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
