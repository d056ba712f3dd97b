"""The ECS that is measured against: so many running instances, every change at once, a latency."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import timedelta

from local.ecs.account.durations import NO_TIME
from local.ecs.clock import RealClock
from local.ecs.emulator import Emulator, Options
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import Fleet, InstanceSpec
from local.ecs.gateway.faults import AnyFault, Delay, Refuse
from local.ecs.gateway.throttle import Limits
from local.ecs.server import serve

BAD_LIMITS = Limits(otherwise=10, window=timedelta(seconds=5))
BAD_FAULT = Refuse(status=503, code="ServiceUnavailable", probability=0.05)
PROTECTED = 2
"""Instances of a bad night that have deletion protection, so that ECS refuses their batch."""


def main(arguments: Sequence[str]) -> None:
    """Serve until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", type=int)
    parser.add_argument("latency_ms", type=float)
    parser.add_argument("--bad", action="store_true")
    options = parser.parse_args(arguments)
    protected = PROTECTED if options.bad else 0
    fleet = Fleet(
        tuple(
            InstanceSpec(
                name=f"dev-{number}", tags={"team": "dev"}, deletion_protection=number < protected
            )
            for number in range(options.size)
        )
    )
    faults: list[AnyFault] = [BAD_FAULT] if options.bad else []
    if options.latency_ms:
        faults.append(Delay(seconds=options.latency_ms / 1000))
    serve(
        Emulator(
            Options(
                build=lambda: Ecs(fleet, RealClock(), durations=NO_TIME),
                faults=tuple(faults),
                limits=BAD_LIMITS if options.bad else Limits(),
            )
        ),
        port=0,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
