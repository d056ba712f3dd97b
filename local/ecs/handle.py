"""What tests and tools reach of an emulator, through whatever holds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.ecs.emulator import Emulator
from local.ecs.engine import Ecs
from local.ecs.gateway.faults import Faults
from local.ecs.gateway.gateway import Gateway
from local.ecs.gateway.request_log import RequestLog


class Handle:
    """Holds an emulator.

    Attributes:
        emulator: what answers.
    """

    __slots__ = ()
    emulator: Emulator

    @property
    def engine(self) -> Ecs:
        """The state machine: look at instances, or do what somebody else would do."""
        return self.emulator.engine

    @property
    def gateway(self) -> Gateway:
        """What stands before the engine, with its throttle."""
        return self.emulator.gateway

    @property
    def faults(self) -> Faults:
        """The faults in force: none at first."""
        return self.emulator.faults

    @property
    def log(self) -> RequestLog:
        """The requests so far."""
        return self.emulator.log

    def restrict(self, *policies: str | Mapping[str, Any]) -> None:
        """Leave the key ``local`` only what these RAM policies allow it: without any, nothing.

        Raises:
            PolicyError: a document that is not understood.
        """
        self.emulator.restrict(*policies)
