"""What a run touches outside itself, as one value."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from shared.base.clock import Clock, Deadline, SystemClock
from shared.base.parallel import Runner, threads
from shared.ecs.access import EcsAccess
from shared.ecs.client import SINGLES_AT_ONCE
from shared.ecs.sdk import SdkTransport
from shared.ecs.transport import Connection
from shared.settings.settings import Credentials, FcContext, Settings, read_credentials

if TYPE_CHECKING:  # few runs notify anybody, and only those load the code for it
    from shared.notify.notices import Post
    from shared.notify.telling import Telling


def _connect(settings: Settings, credentials: Credentials) -> Connection:
    return SdkTransport(settings, credentials, connections=SINGLES_AT_ONCE)


def _poster(environ: Mapping[str, str]) -> Post:
    from shared.notify.sending import poster  # noqa: PLC0415  # few runs tell anybody

    return poster(environ)


class World(msgspec.Struct, frozen=True):
    """What a run touches outside itself; tests and the local tools bring their own.

    Attributes:
        clock: Makes the clock of one invocation.
        side_by_side: How several calls are made at once.
        connect: Makes the connection to ECS.
        poster: Makes the connection to the channels; raises Refused if there is none.
        environ: The environment variables.
    """

    clock: Callable[[], Clock] = SystemClock
    side_by_side: Runner = threads
    connect: Callable[[Settings, Credentials], Connection] = _connect
    poster: Callable[[Mapping[str, str]], Post] = _poster
    environ: Mapping[str, str] = msgspec.field(default_factory=lambda: os.environ)

    def ecs(self, context: FcContext, clock: Clock, deadline: Deadline) -> EcsAccess:
        """An invocation's connection to ECS; its credentials are read when it is first used."""

        def connect(settings: Settings) -> Connection:
            return self.connect(settings, read_credentials(context, self.environ))

        return EcsAccess(connect, clock, deadline, self.side_by_side)

    def telling(self, clock: Clock, killed_at: datetime, account: str) -> Telling | None:
        """What notifies the channels of an invocation; None if nobody is to be notified.

        Args:
            clock: The invocation's.
            killed_at: When the platform ends it.
            account: The account of the instances; "" if unknown.
        """
        if not self.environ.get("CURFEW_NOTIFY", "").strip():
            return None
        from shared.notify.telling import Telling  # noqa: PLC0415  # few runs tell anybody

        return Telling(
            self.environ,
            self.poster,
            self.side_by_side,
            clock,
            killed_at=killed_at,
            account=account,
        )

    def __repr__(self) -> str:
        return "World(***)"  # the environment holds credentials


REAL_WORLD = World()
