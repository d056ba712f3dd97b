"""A world of several regions, some of which do not answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from local.ecs.fleet.fleet import SHANGHAI, InstanceSpec
from shared.ecs.transport import NoResponse
from tests.harness.actions import to_do
from tests.harness.invocation import ENVIRONMENT
from tests.harness.stage import DEV, REGION, Stage
from tests.harness.transport import Direct

NOT_KNOWN = "InvalidInstanceId.NotFound"


@dataclass
class World(Direct):
    """Regions that behave as told, each call of theirs written down.

    Attributes:
        says: By region, what its calls come to instead of an answer: an error, or seconds that
            it takes until its caller gives up.
        calls: Region and timeout of each call, in order.
    """

    says: dict[str, Exception | float] = field(default_factory=dict)
    calls: list[tuple[str, float]] = field(default_factory=list)

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        region = parameters["RegionId"]
        self.calls.append((region, timeout_s))
        said = self.says.get(region)
        if isinstance(said, Exception):
            raise said
        if said is not None:
            self.gateway.engine.clock.sleep(min(said, timeout_s))
            if said > timeout_s:
                raise NoResponse("nothing came back in time")
        return super().send(operation, parameters, timeout_s=timeout_s)

    def asked(self, region: str) -> list[float]:
        """The timeouts of the calls to this region."""
        return [timeout_s for one, timeout_s in self.calls if one == region]


def stage_of(function: str = "stop", **environ: str) -> tuple[Stage, World]:
    """dev-near in the function's own region, dev-far in Shanghai."""
    stage = Stage((), environ={**ENVIRONMENT, **environ})
    for name, region in (("dev-near", REGION), ("dev-far", SHANGHAI)):
        old = stage.clock.now() - timedelta(days=1)
        spec = {"tags": DEV, "region": region, "created_at": old, **to_do(function)}
        stage.engine.add(InstanceSpec(name, **spec))
    world = World(stage.gateway)
    stage.transport = world
    return stage, world


GHOST = "i-ghost"
