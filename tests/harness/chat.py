"""A chat channel, and runs of functions that tell it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.ecs.fleet.fleet import InstanceSpec
from shared.notify.notices import Post
from shared.notify.outgoing import Answer, Outgoing
from shared.run import World
from tests.harness.actions import HANDLERS
from tests.harness.invocation import make_context, one_by_one
from tests.harness.stage import Stage

MARKED = "MARKEDaddressMARKED"
HERE = f"http://127.0.0.1:9/robot/send?access_token={MARKED}#SEC{MARKED}"
OK = Answer(200, b'{"errcode":0}')
REQUEST: dict[str, object] = {"tags": {"team": "dev"}}


@dataclass
class Chat:
    """A channel, and what runs against an account of two instances tell it.

    Attributes:
        answer: What it answers; an error is raised.
        poster: Makes another way to it; None: it gives that answer.
        timeouts: How long each notice was allowed to take.
    """

    answer: Answer | Exception = OK
    stage: Stage = field(
        default_factory=lambda: Stage(
            [
                InstanceSpec("dev-1", tags={"team": "dev"}),
                InstanceSpec("dev-2", tags={"team": "dev", "curfew:protect": ""}),
            ]
        )
    )
    poster: Callable[[Mapping[str, str]], Post] | None = None
    sent: list[Outgoing] = field(default_factory=list)
    timeouts: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stage.environ["CURFEW_NOTIFY"] = HERE

    def run(
        self,
        function: str,
        event: object,
        environ: Mapping[str, str] | None = None,
        *,
        timeout_s: float = 600,
    ) -> dict[str, Any]:
        """What a function answers; its error is raised."""
        world = World(
            clock=lambda: self.stage.clock,
            side_by_side=one_by_one,
            connect=lambda *_: self.stage.transport,
            poster=self.poster or self._poster,
            environ={**self.stage.environ, **(environ or {})},
        )
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        return HANDLERS[function](body, make_context("3.12", timeout_s=timeout_s), world=world)

    def texts(self) -> list[str]:
        """What was said, in order."""
        return [json.loads(one.body)["markdown"]["text"] for one in self.sent]

    def _poster(self, _: Mapping[str, str]) -> Post:
        def post(outgoing: Outgoing, timeout_s: float) -> Answer:
            self.sent.append(outgoing)
            self.timeouts.append(timeout_s)
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        return post
