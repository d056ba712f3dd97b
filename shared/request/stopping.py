"""How requests say how to stop an instance, for all functions that stop any."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from msgspec import UNSET, Meta, UnsetType

from shared.domain.instance import StoppedMode
from shared.domain.power import StopRule

Force = Annotated[
    bool,
    Meta(
        description="true to power off, like pulling the plug, or false to let the system shut "
        "down."
    ),
]
Mode = Annotated[
    Literal["StopCharging", "KeepCharging"],
    Meta(
        description='"StopCharging" (CPU and memory are not billed) or "KeepCharging". '
        "Default: the account's own setting."
    ),
]


class Stops(Protocol):
    """A request that may lead to stops."""

    @property
    def force(self) -> bool:
        """Power off."""
        ...

    @property
    def stopped_mode(self) -> Mode | UnsetType:
        """What is billed for a stopped instance; unset: the account's default."""
        ...


def stop_rule(request: Stops, *, wait: bool) -> StopRule:
    """How a request wants instances to be stopped.

    Args:
        request: The request.
        wait: Until ECS shows them as stopped, rather than until it has accepted.
    """
    mode = None if request.stopped_mode is UNSET else StoppedMode(request.stopped_mode)
    return StopRule(force=request.force, stopped_mode=mode, wait=wait)
