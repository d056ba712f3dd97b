"""The way to the emulator's service, with all that a network, and an odd ECS, does on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from local.ecs.clock import ManualClock
from local.ecs.gateway.gateway import Answer
from local.ecs.gateway.request_log import is_mutating
from shared.ecs.transport import NoResponse
from tests.harness.transport import body_of
from tests.simulation.people import CALLER

if TYPE_CHECKING:
    from tests.simulation.world import Simulation

_AT_ONCE = timedelta(seconds=1)
"""Looks that follow each other so soon are one: what is left out of one is left out of all."""


class Hiding:
    """Leaves one instance out of a look by ids, and of all that follow at once."""

    def __init__(self, at_look: int, seed: int, clock: ManualClock) -> None:
        self._at_look = at_look
        self._dice = Random(f"{seed} hiding")  # noqa: S311  # a scenario, not a secret
        self._clock = clock
        self._looks = 0
        self._hidden = ""
        self._until = clock.now()

    def without(self, parameters: Mapping[str, str], answer: Answer) -> Answer:
        """The answer to DescribeInstances, perhaps without one of its instances."""
        rows = answer.body["Instances"]["Instance"]
        if not self._at_look or "InstanceIds" not in parameters:
            return answer
        self._looks += 1
        if self._looks == self._at_look and rows:
            self._hidden = self._dice.choice(rows)["InstanceId"]
            self._until = self._clock.now() + _AT_ONCE
        if not self._hidden or self._clock.now() > self._until:
            return answer
        return _left_out(answer, self._hidden)


class SimTransport:
    """Makes calls for one invocation; see ``shared.ecs.transport.Connection``."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        """Make the call once; see ``shared.ecs.transport.Transport.send``."""
        simulation = self.simulation
        left_at = simulation.clock.now()
        simulation.before(operation)
        self._reach(parameters.get("RegionId", ""), timeout_s)
        write = (
            simulation.invariants.sent(operation, parameters, left_at)
            if is_mutating(operation)
            else None
        )
        answer = simulation.gateway.call(operation, dict(parameters), CALLER)
        delivery, odd = answer.delivery, self._odd(answer, is_write=write is not None)
        simulation.clock.advance(timedelta(seconds=min(delivery.delay_s, timeout_s)))
        late = delivery.delay_s > timeout_s
        arrived = not (late or delivery.cut or delivery.truncated or delivery.proxy_page)
        if write is not None:
            simulation.invariants.answered(write, answer, arrived=arrived and not odd)
        elif odd or not arrived or answer.code not in {"", "DryRunOperation"}:
            simulation.invariants.watch.running[-1].deaf.add(parameters.get("RegionId", ""))
        simulation.after(operation, parameters, answer)
        if not arrived:
            raise NoResponse("no response in time" if late else "the connection broke")
        if odd:
            return _oddly(odd, answer.body)
        if operation == "DescribeInstances" and simulation.is_rough and not answer.code:
            answer = simulation.hiding.without(parameters, answer)
        simulation.invariants.heard(operation, parameters, answer)
        return body_of(answer)

    def _odd(self, answer: Answer, *, is_write: bool) -> str:
        """How this answer is odd; "" if it is not, or has nothing that could be."""
        how = self.simulation.odd.get(self.simulation.calls, "") if self.simulation.is_rough else ""
        if not how or answer.code or how == "surprise":
            return how if not answer.code else ""
        if how == "token is a list":
            return "" if is_write else how  # nobody reads the pages of a write
        return how if _oddly(how, answer.body) != answer.body else ""

    def _reach(self, region: str, timeout_s: float) -> None:
        how = self.simulation.bad_regions.get(region, "")
        if how:
            self.simulation.invariants.watch.running[-1].deaf.add(region)
        if how == "dead":
            self.simulation.clock.advance(timedelta(seconds=timeout_s))
            raise NoResponse("no response in time")
        if how == "unresolved":
            raise NoResponse("there is no such host", unresolved=True)

    def close(self) -> None:
        """Nothing is open."""


def _left_out(answer: Answer, instance_id: str) -> Answer:
    rows = answer.body["Instances"]["Instance"]
    left = [row for row in rows if row["InstanceId"] != instance_id]
    return replace(answer, body={**answer.body, "Instances": {"Instance": left}})


def _oddly(how: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """What no reference knows, in place of an answer."""
    if how == "surprise":
        raise ValueError(how)
    if how == "token is a list":
        return {**body, "NextToken": ["more"]}
    if how == "no list":
        return {"RequestId": body["RequestId"]}
    return {key: _odd_rows(how, value) for key, value in body.items()}


def _odd_rows(how: str, value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {
        name: [_odd_row(how, row) for row in rows] if isinstance(rows, list) else rows
        for name, rows in value.items()
    }


def _odd_row(how: str, row: object) -> object:
    if how == "rows are null" or not isinstance(row, dict):
        return None
    if how == "times are numbers":
        return {key: 7 if key.endswith("Time") else value for key, value in row.items()}
    return {key: [value] if key.endswith("Id") else value for key, value in row.items()}
