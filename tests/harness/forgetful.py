"""A way to ECS on which one API loses tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.harness.transport import Direct


@dataclass
class Forgetful(Direct):
    """One API's answers lack a tag, or all of a row's; its other rows are whole.

    Attributes:
        operation: Whose answers.
        lost: The keys that are lost.
        from_call: How many answers of this kind are whole.
    """

    operation: str = "DescribeInstances"
    lost: tuple[str, ...] = ("owner",)
    from_call: int = 0
    calls: int = 0

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        body = super().send(operation, parameters, timeout_s=timeout_s)
        if operation != self.operation:
            return body
        self.calls += 1
        if self.calls <= self.from_call:
            return body
        if operation == "ListTagResources":
            tags = [
                one for one in body["TagResources"]["TagResource"] if one["TagKey"] not in self.lost
            ]
            return {**body, "TagResources": {"TagResource": tags}}
        rows = [{**row, "Tags": {"Tag": self._left(row)}} for row in body["Instances"]["Instance"]]
        return {**body, "Instances": {"Instance": rows}}

    def _left(self, row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        tags = row.get("Tags", {}).get("Tag", [])
        return [one for one in tags if one["TagKey"] not in self.lost]
