"""One invocation's way to ECS: one connection, a client a region, one pace, one deadline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from shared.base.clock import Clock, Deadline
from shared.converge.survey import Pause
from shared.converge.target import LOOK_AGAIN_AFTER
from shared.domain.plan import Row
from shared.ecs.client import Client
from shared.ecs.inventory import Inventory
from shared.ecs.transport import Connection
from shared.settings.settings import FcContext, Settings, read_credentials
from shared.world import World

if TYPE_CHECKING:  # few runs ask for prices, and only those load what it takes
    from shared.ecs.prices import PriceBook

MAX_WAITS = 6
"""How often an invocation waits for unknown ids to show."""


class Sent(msgspec.Struct, frozen=True):
    """How many calls an invocation has sent, and how many of these change something."""

    calls: int
    writes: int


class EcsAccess:
    """Shared by all messages of an invocation; it connects when the first of them asks for it."""

    def __init__(self, context: FcContext, world: World, clock: Clock, deadline: Deadline) -> None:
        self._context, self._world, self._clock = context, world, clock
        self._deadline = deadline
        self._transport: Connection | None = None
        self._clients: dict[str, Client] = {}
        self._prices: PriceBook | None = None
        self._waits = 0

    def client(self, region: str, settings: Settings) -> Client:
        """A region's calls, the same for all messages: they share its pace.

        Raises:
            Refused: there are no credentials, or the connection's settings cannot be read.
        """
        if self._transport is None:
            credentials = read_credentials(self._context, self._world.environ)
            self._transport = self._world.connect(settings, credentials)
        if region not in self._clients:
            self._clients[region] = Client(region, self._transport, self._clock, self._deadline)
        return self._clients[region]

    def inventory(self, region: str, settings: Settings) -> Inventory:
        """What there is in a region; raises as ``client`` does."""
        return Inventory(self.client(region, settings), self._world.side_by_side)

    def sent(self) -> Sent:
        """What has been sent so far."""
        clients = self._clients.values()
        return Sent(sum(one.calls for one in clients), sum(one.writes for one in clients))

    def wait(self) -> Pause:
        """Wait before who is missing is looked for again, if there is time for it.

        A list of messages waits a few times only, or its unknown ids would take all of its time.
        Beyond that two looks at once must do: the next delivery could wait no more often.
        """
        if self._waits >= MAX_WAITS:
            return Pause.ENOUGH
        again_at = self._clock.now() + LOOK_AGAIN_AFTER
        third = (self._deadline.work_until - self._clock.now()) / 3
        if again_at > self._clock.now() + third:
            return Pause.NO_TIME
        self._waits += 1
        self._clock.sleep(LOOK_AGAIN_AFTER.total_seconds())
        return Pause.OVER

    def priced(
        self, rows: Sequence[Row], sources: Sequence[Inventory]
    ) -> tuple[Sequence[Row], list[str]]:
        """The rows with their list prices, and what is to be said of prices that are not known."""
        from shared.ecs.prices import PriceBook  # noqa: PLC0415  # few runs ask for prices

        self._prices = self._prices or PriceBook()
        now = self._clock.now()
        return self._prices.priced(rows, sources, now + (self._deadline.work_until - now) / 3)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._transport is not None:
            self._transport.close()
