"""Instances that are in another region than was said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from local.ecs.fleet.fleet import SHANGHAI
from local.ecs.gateway.faults import AnyFault, LostPermission, Refuse
from local.fc.trigger_events import Request
from shared.base.errors import Incomplete
from shared.converge.target import LOOK_AGAIN_AFTER
from shared.ecs.transport import ErrorResponse, NoResponse
from tests.harness.actions import FUNCTIONS, WRITING_FUNCTIONS, stated
from tests.harness.reports import report_of, table
from tests.harness.stage import REGION
from tests.safety.world_of_regions import GHOST, NOT_KNOWN, stage_of

BEIJING = "cn-beijing"
EACH_WRITE = pytest.mark.parametrize("function", WRITING_FUNCTIONS)


@EACH_WRITE
@pytest.mark.parametrize("dry_run", [False, True])
def test_an_instance_of_another_allowed_region_is_failed_and_its_region_is_named(
    function: str,
    dry_run: bool,  # noqa: FBT001  # a table's column
) -> None:
    stage, world = stage_of(function, CURFEW_REGIONS=f"{REGION},{SHANGHAI},{BEIJING}")
    far = stage.id_of("dev-far")
    before = stage.engine.instances()

    with pytest.raises(Incomplete, match="it is in cn-shanghai") as caught:
        stage.ask(function, {"instance_ids": [far], **stated(function), "dry_run": dry_run})

    (row,) = report_of(caught.value)["instances"]
    assert (row["id"], row["result"], row["code"]) == (far, "failed", NOT_KNOWN)
    assert row["reason"] == 'it is in cn-shanghai; specify "regions": ["cn-shanghai"]'
    assert stage.engine.instances() == before
    assert world.asked(SHANGHAI) == world.asked(BEIJING) == [3.0]
    assert report_of(caught.value)["warnings"] == []


def test_describe_names_the_region_too() -> None:
    stage, _ = stage_of(CURFEW_REGIONS=f"{REGION},{SHANGHAI}")

    with pytest.raises(Incomplete, match="it is in cn-shanghai"):
        stage.ask("describe", {"instance_ids": [stage.id_of("dev-far")]})


NOT_THERE = 'already released, nonexistent, or in another region (name it in "regions") or account'


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(
    "environ",
    [{}, {"CURFEW_REGIONS": f"{REGION},{SHANGHAI}"}],
    ids=["any-region", "named-regions"],
)
def test_an_id_that_no_region_knows_is_no_failure_of_a_release_but_a_warning(
    environ: dict[str, str],
    dry_run: bool,  # noqa: FBT001  # a table's column
) -> None:
    stage, _ = stage_of(**environ)

    report = stage.ask("release", {"instance_ids": [GHOST], "dry_run": dry_run})

    (row,) = report["instances"]
    assert (row["result"], row["code"], row["region"]) == ("unchanged", "", REGION)
    assert row["reason"] == f"ECS in cn-hangzhou does not know this id: {NOT_THERE}"
    assert report["warnings"] == [f"ECS does not know {GHOST}: {NOT_THERE}"]
    assert report["outcome"] == ("planned" if dry_run else "complete")


@pytest.mark.parametrize("function", [one for one in FUNCTIONS if one != "release"])
def test_an_id_that_no_region_knows_is_a_failure_of_every_other_function(function: str) -> None:
    stage, _ = stage_of(function)

    with pytest.raises(Incomplete) as caught:
        stage.ask(function, {"instance_ids": [GHOST], **stated(function)})

    report = report_of(caught.value)
    (row,) = report["instances"]
    assert (row["result"], row["code"]) == ("failed", NOT_KNOWN)
    assert row["reason"] == f"ECS in cn-hangzhou does not know this id: {NOT_THERE}"
    assert report["warnings"] == [f"ECS does not know {GHOST}: {NOT_THERE}"]


def test_of_many_unknown_ids_five_are_named_in_the_warning() -> None:
    stage, _ = stage_of()
    ids = [f"i-ghost{number}" for number in range(7)]

    report = stage.ask("release", {"instance_ids": ids})

    assert report["warnings"] == [f"ECS does not know {', '.join(ids[:5])} and 2 more: {NOT_THERE}"]


def test_where_no_regions_are_named_none_but_the_requests_is_asked() -> None:
    stage, world = stage_of()

    stage.ask("release", {"instance_ids": [GHOST]})

    assert {region for region, _ in world.calls} == {REGION}


def test_what_is_found_at_once_makes_nobody_ask_elsewhere() -> None:
    stage, world = stage_of(CURFEW_REGIONS=f"{REGION},{SHANGHAI}")

    stage.ask("stop", {"instance_ids": [stage.id_of("dev-near")]})

    assert {region for region, _ in world.calls} == {REGION}


@pytest.mark.parametrize("selection", [{"tags": {"team": "none"}}, {"name": "none-*"}], ids=str)
def test_only_ids_are_looked_for_elsewhere(selection: Request) -> None:
    stage, world = stage_of(CURFEW_REGIONS=f"{REGION},{SHANGHAI}")

    stage.ask("stop", selection)

    assert {region for region, _ in world.calls} == {REGION}


@pytest.mark.parametrize("allowed", [REGION, f"{REGION},{SHANGHAI}"])
def test_a_region_of_the_request_is_not_asked_again(allowed: str) -> None:
    stage, world = stage_of(CURFEW_REGIONS=allowed)

    stage.ask("release", {"instance_ids": [GHOST], "regions": allowed.split(",")})

    assert 3.0 not in {timeout_s for _, timeout_s in world.calls}


SILENT: Mapping[str, Exception | float] = {
    "no-connection": NoResponse("no connection"),
    "no-such-host": NoResponse("no host of that name", unresolved=True),
    "too-slow": 3.5,
    "unforeseen": LookupError("odd"),
}


@pytest.mark.parametrize("says", SILENT.values(), ids=SILENT)
def test_another_region_that_does_not_answer_is_named_and_fails_nothing(
    says: Exception | float, caplog: pytest.LogCaptureFixture
) -> None:
    stage, world = stage_of(CURFEW_REGIONS=f"{REGION},{SHANGHAI}")
    world.says[SHANGHAI] = says
    begun = stage.clock.now()

    report = stage.ask("release", {"instance_ids": [GHOST]})

    said = f"ECS in cn-hangzhou does not know this id: {NOT_THERE}"
    assert table(report) == {"": ("unchanged", f"{said}; cn-shanghai did not answer")}
    assert world.asked(SHANGHAI) == [3.0]
    assert ("LookupError" in caplog.text) == isinstance(says, LookupError)
    assert "AttributeError" not in caplog.text
    assert stage.clock.now() - begun <= timedelta(seconds=3) + LOOK_AGAIN_AFTER


def test_a_region_that_is_like_none_is_told_without_a_guess() -> None:
    stage, world = stage_of(CURFEW_REGIONS=f"{REGION},xx-nowhere-9")
    world.says["xx-nowhere-9"] = ErrorResponse(404, "InvalidRegionId.NotFound", "no such region")

    (row,) = stage.ask("release", {"instance_ids": [GHOST]})["instances"]

    assert row["reason"].partition("; ")[2].startswith("CURFEW_REGIONS: xx-nowhere-9 is not a ")
    assert not row["reason"].endswith(".")


@pytest.mark.parametrize(
    "says",
    [
        ErrorResponse(404, "InvalidRegionId.NotFound", "no such region"),
        NoResponse("no host of that name", unresolved=True),
    ],
    ids=["refused", "no-such-host"],
)
def test_a_misspelt_region_of_the_operators_is_told_as_that(says: Exception) -> None:
    stage, world = stage_of(CURFEW_REGIONS=f"{REGION},cn-shangai")
    world.says["cn-shangai"] = says

    report = stage.ask("release", {"instance_ids": [GHOST]})

    (row,) = report["instances"]
    for said in (row["reason"], *report["warnings"]):
        assert "CURFEW_REGIONS: cn-shangai is not a region that ECS knows" in said
        assert said.endswith("Did you mean cn-shanghai?")
        assert "did not answer" not in said


@pytest.mark.parametrize(
    "fault",
    [
        LostPermission(region=SHANGHAI),
        Refuse(region=SHANGHAI, status=403, code="Forbidden.RAM"),
        Refuse(region=SHANGHAI, status=400, code="InvalidAccessKeyId.NotFound"),
    ],
    ids=["empty-without-permission", "denied", "no-such-key"],
)
def test_another_region_that_may_not_be_looked_at_fails_nothing(fault: AnyFault) -> None:
    stage, _ = stage_of(CURFEW_REGIONS=f"{REGION},{SHANGHAI}")
    stage.gateway.faults.add(fault)

    report = stage.ask("release", {"instance_ids": [GHOST]})

    assert report["counts"]["unchanged"] == 1
    assert [one.parameters for one in stage.gateway.log if one.region == SHANGHAI] == [
        one.parameters
        for one in stage.gateway.log
        if one.region == SHANGHAI and "DryRun" not in one.parameters
    ]


ODD_ANSWERS: Mapping[str, object] = {
    "no-list": {},
    "null": {"Instances": None},
    "rows-that-are-none": {"Instances": {"Instance": ["i-1", None]}},
    "ids-that-are-none": {"Instances": {"Instance": [{"InstanceId": ["i-1"]}, {}]}},
    "others": {"Instances": {"Instance": [{"InstanceId": "i-other"}]}},
}


@pytest.mark.parametrize("body", ODD_ANSWERS.values(), ids=ODD_ANSWERS)
def test_an_odd_answer_of_another_region_finds_nothing_and_fails_nothing(
    body: Mapping[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    stage, world = stage_of(CURFEW_REGIONS=f"{REGION},{SHANGHAI}")
    send = world.send

    def odd(
        operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        if parameters["RegionId"] == SHANGHAI:
            return body
        return send(operation, parameters, timeout_s=timeout_s)

    world.send = odd  # type: ignore[method-assign]  # for this one test

    report = stage.ask("release", {"instance_ids": [GHOST]})

    ((result, reason),) = table(report).values()
    assert result == "unchanged"
    assert reason.endswith("; cn-shanghai did not answer")
    assert "unforeseen" not in caplog.text


def test_of_hundreds_of_ids_each_that_is_elsewhere_is_found_there() -> None:
    stage, _ = stage_of(CURFEW_REGIONS=f"{REGION},{SHANGHAI}")
    ghosts = [f"i-ghost{number}" for number in range(250)]
    ids = [stage.id_of("dev-far"), *ghosts]

    with pytest.raises(Incomplete) as caught:
        stage.ask("release", {"instance_ids": ids})

    rows = report_of(caught.value)["instances"]
    assert [one["id"] for one in rows if one["reason"].startswith("it is in cn-shanghai")] == ids[
        :1
    ]


def test_hundreds_of_unknown_ids_take_another_region_no_longer_than_one() -> None:
    stage, world = stage_of(CURFEW_REGIONS=f"{REGION},{SHANGHAI}")
    world.says[SHANGHAI] = 2.0
    begun = stage.clock.now()

    stage.ask("release", {"instance_ids": [f"i-ghost{number}" for number in range(450)]})

    assert stage.clock.now() - begun <= timedelta(seconds=3) + LOOK_AGAIN_AFTER
