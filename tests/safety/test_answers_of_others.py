"""An answer about other instances than were asked for says nothing of those."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from local.ecs.fleet.fleet import SHANGHAI, InstanceSpec
from shared.base.errors import Incomplete, Unavailable
from tests.harness.actions import DESTRUCTIVE, function_of, stated
from tests.harness.reports import report_of
from tests.harness.stage import REGION, Stage
from tests.harness.transport import Direct


@dataclass
class OfOthers(Direct):
    """Answers to one operation name other instances, from a call of it on.

    Attributes:
        operation: Whose answers.
        whole: How many of them are whole.
        loses_tags: DescribeInstances shows no tags.
    """

    operation: str = "DescribeInstances"
    whole: int = 0
    region: str = REGION
    loses_tags: bool = False
    calls: int = 0

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        body = super().send(operation, parameters, timeout_s=timeout_s)
        if self.loses_tags and operation == "DescribeInstances":
            rows = [{**row, "Tags": {"Tag": []}} for row in body["Instances"]["Instance"]]
            body = {**body, "Instances": {"Instance": rows}}
        if (operation, parameters["RegionId"]) != (self.operation, self.region):
            return body
        self.calls += 1
        if self.calls <= self.whole:
            return body
        changed: Mapping[str, Any] = json.loads(json.dumps(body).replace('"i-', '"i-x-'))
        return changed


def stage_of(**how: Any) -> Stage:  # noqa: ANN401  # fields of the way to ECS
    stage = Stage([InstanceSpec("dev-web", tags={"curfew:protect": ""})])
    stage.transport = OfOthers(stage.gateway, **how)
    return stage


@pytest.mark.promise("S21")
def test_who_is_missing_from_such_an_answer_is_not_said_to_be_released() -> None:
    stage = stage_of()

    with pytest.raises(Unavailable, match="ECS shows other instances than those that were asked"):
        stage.ask("release", {"instance_ids": [stage.id_of("dev-web")]})


@pytest.mark.promise("S21")
def test_nor_is_who_is_missing_from_one_in_the_middle_of_a_release() -> None:
    stage = Stage([InstanceSpec("dev-web")])
    stage.transport = OfOthers(stage.gateway, whole=1)

    with pytest.raises(Incomplete) as caught:
        stage.ask("release", {"instance_ids": [stage.id_of("dev-web")]})

    (row,) = report_of(caught.value)["instances"]
    assert (row["result"], row["status"]) == ("pending", "Stopping")
    assert "ECS shows other instances" in row["reason"]
    assert row["reason"].endswith("already done: stop")


@pytest.mark.promise("S8")
@pytest.mark.parametrize("variant", DESTRUCTIVE)
def test_the_tags_of_others_do_not_say_that_an_instance_has_none(variant: str) -> None:
    stage = stage_of(operation="ListTagResources", loses_tags=True)
    request = {"instance_ids": [stage.id_of("dev-web")], **stated(variant)}

    with pytest.raises(Unavailable, match="ListTagResources"):
        stage.ask(function_of(variant), request)

    assert stage.writes() == ()


def test_another_region_that_answers_so_has_not_answered() -> None:
    far = InstanceSpec("dev-far", region=SHANGHAI)
    stage = Stage([far])
    stage.environ["CURFEW_REGIONS"] = f"{REGION},{SHANGHAI}"
    stage.transport = OfOthers(stage.gateway, region=SHANGHAI)

    report = stage.ask("release", {"instance_ids": [stage.id_of("dev-far")]})

    assert report["instances"][0]["reason"].endswith("; cn-shanghai did not answer")
