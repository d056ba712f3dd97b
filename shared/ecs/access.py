"""One invocation's access to ECS: one connection, a client per region, one pacer, one deadline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from shared.base.clock import Clock, Deadline
from shared.base.parallel import Runner
from shared.domain.plan import Row
from shared.ecs.client import Client
from shared.ecs.inventory import Inventory
from shared.ecs.transport import Connection
from shared.settings.settings import Settings

if TYPE_CHECKING:  # few runs ask for prices, and only those load what it takes
    from shared.ecs.prices import PriceBook


class Sent(msgspec.Struct, frozen=True):
    """How many calls an invocation has sent, and how many of them change something."""

    calls: int
    writes: int


class EcsAccess:
    """Shared by all messages of an invocation; connects on first use."""

    def __init__(
        self,
        connect: Callable[[Settings], Connection],
        clock: Clock,
        deadline: Deadline,
        side_by_side: Runner,
    ) -> None:
        self._connect, self._side_by_side = connect, side_by_side
        self._clock, self._deadline = clock, deadline
        self._transport: Connection | None = None
        self._clients: dict[str, Client] = {}
        self._prices: PriceBook | None = None

    def client(self, region: str, settings: Settings) -> Client:
        """A region's calls, the same for all messages: they share its pacer.

        Raises:
            Refused: there are no credentials, or the connection's settings are invalid.
        """
        if self._transport is None:
            self._transport = self._connect(settings)
        if region not in self._clients:
            self._clients[region] = Client(region, self._transport, self._clock, self._deadline)
        return self._clients[region]

    def inventory(self, region: str, settings: Settings) -> Inventory:
        """The inventory of a region; raises as ``client`` does."""
        return Inventory(self.client(region, settings), self._side_by_side)

    def sent(self) -> Sent:
        """What has been sent so far."""
        clients = self._clients.values()
        return Sent(sum(one.calls for one in clients), sum(one.writes for one in clients))

    def priced(
        self, rows: Sequence[Row], sources: Sequence[Inventory]
    ) -> tuple[Sequence[Row], list[str]]:
        """The rows with their list prices, and what to say about unknown prices."""
        from shared.ecs.prices import PriceBook  # noqa: PLC0415  # few runs ask for prices

        self._prices = self._prices or PriceBook()
        now = self._clock.now()
        return self._prices.priced(rows, sources, now + (self._deadline.work_until - now) / 3)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._transport is not None:
            self._transport.close()
