"""The parts of an emulator that tests and tools use, through whatever holds it."""

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
        """The state machine: inspect instances, or act as somebody else."""
        return self.emulator.engine

    @property
    def gateway(self) -> Gateway:
        """The layer in front of the engine, with its throttle."""
        return self.emulator.gateway

    @property
    def faults(self) -> Faults:
        """The active faults: none at first."""
        return self.emulator.faults

    @property
    def log(self) -> RequestLog:
        """The requests so far."""
        return self.emulator.log

    def restrict(self, *policies: str | Mapping[str, Any]) -> None:
        """Restrict the key ``local`` to what these RAM policies allow; without any, to nothing.

        Raises:
            PolicyError: a document is invalid.
        """
        self.emulator.restrict(*policies)
