"""Regions that cannot be read: the others are done, and the error names them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from local.ecs.fleet.fleet import SHANGHAI
from local.ecs.gateway.faults import Cut, LostPermission, Refuse
from local.fc.trigger_events import ENVELOPES, Request
from shared.base.errors import AccessDenied, CurfewError, Incomplete, InvalidEvent, Unavailable
from shared.ecs.transport import NoResponse
from tests.harness.actions import FUNCTIONS, WRITING_FUNCTIONS, stated
from tests.harness.reports import report_of, table
from tests.harness.stage import DEV, REGION, Stage
from tests.safety.world_of_regions import GHOST, NOT_KNOWN, World, stage_of

DEAD: Mapping[str, Callable[[Stage, World], object]] = {
    "refused": lambda stage, _: stage.gateway.faults.add(Refuse(region=SHANGHAI)),
    "cut": lambda stage, _: stage.gateway.faults.add(Cut(region=SHANGHAI)),
    "no-connection": lambda _, world: world.says.update({SHANGHAI: NoResponse("no connection")}),
    "silent": lambda _, world: world.says.update({SHANGHAI: 3600.0}),
    "unforeseen": lambda _, world: world.says.update({SHANGHAI: LookupError("odd")}),
    "denied": lambda stage, _: stage.gateway.faults.add(
        Refuse(region=SHANGHAI, status=403, code="Forbidden.RAM")
    ),
    "empty-without-permission": lambda stage, _: stage.gateway.faults.add(
        LostPermission(region=SHANGHAI)
    ),
    "unknown-to-ecs": lambda stage, _: stage.gateway.faults.add(
        Refuse(region=SHANGHAI, status=404, code="InvalidRegionId.NotFound")
    ),
}
DENIED = frozenset({"denied", "empty-without-permission"})
BOTH: Request = {"tags": DEV, "regions": [SHANGHAI, REGION]}


@pytest.mark.parametrize("why", DEAD)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_region_that_cannot_be_read_leaves_the_others_to_be_done(function: str, why: str) -> None:
    stage, world = stage_of(function)
    DEAD[why](stage, world)
    far = stage.id_of("dev-far")

    with pytest.raises(CurfewError) as caught:
        stage.ask(function, {**BOTH, **stated(function)})

    report = report_of(caught.value)
    assert type(caught.value) is (AccessDenied if why in DENIED else Incomplete)
    assert [(one["name"], one["result"]) for one in report["instances"]] == [
        ("dev-near", "unchanged" if function == "describe" else "changed")
    ]
    assert "cn-shanghai could not be read: " in str(caught.value).partition(" {")[0]
    assert [one.partition(": ")[0] for one in report["warnings"]] == [
        "cn-shanghai could not be read"
    ]
    assert report["outcome"] == "incomplete"
    assert stage.gateway.log.touched(far) == ()


@pytest.mark.parametrize("why", DEAD)
@pytest.mark.parametrize("function", WRITING_FUNCTIONS)
def test_a_dry_run_over_a_region_that_cannot_be_read_gives_no_plan_to_confirm(
    function: str, why: str
) -> None:
    stage, world = stage_of(function)
    DEAD[why](stage, world)

    with pytest.raises(CurfewError) as caught:
        stage.ask(function, {**BOTH, **stated(function), "dry_run": True})

    report = report_of(caught.value)
    assert report["counts"]["would_change"] == 1
    assert "plan_id" not in report
    assert report["warnings"][-1].startswith(
        f"no plan_id: {SHANGHAI} could not be read, so the plan is incomplete"
    )
    assert stage.writes() == ()


def test_a_dry_run_over_regions_that_are_all_read_gives_a_plan() -> None:
    stage, _ = stage_of()

    report = stage.ask("stop", {**BOTH, "dry_run": True})

    assert report["counts"]["would_change"] == 2
    assert "plan_id" in report
    assert report["warnings"] == []


@pytest.mark.parametrize(
    ("why", "error"),
    [
        ("refused", Unavailable),
        ("cut", Unavailable),
        ("silent", Unavailable),
        ("unforeseen", Unavailable),
        ("denied", AccessDenied),
        ("empty-without-permission", AccessDenied),
        ("unknown-to-ecs", InvalidEvent),
    ],
)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_region_that_cannot_be_read_alone_is_an_error_of_its_own_class(
    function: str, why: str, error: type[CurfewError]
) -> None:
    stage, world = stage_of(function)
    DEAD[why](stage, world)
    request = {"tags": DEV, "regions": [SHANGHAI], **stated(function)}

    with pytest.raises(CurfewError, match=SHANGHAI) as caught:
        stage.ask(function, request)

    assert type(caught.value) is error
    assert stage.writes() == ()


def test_of_several_regions_that_cannot_be_read_the_denied_one_gives_the_class() -> None:
    stage, world = stage_of()
    DEAD["denied"](stage, world)
    world.says[REGION] = NoResponse("no connection")

    with pytest.raises(AccessDenied) as caught:
        stage.ask("stop", {"tags": DEV, "regions": [REGION, SHANGHAI]})

    assert "in cn-shanghai" in str(caught.value)
    assert "in cn-hangzhou: no connection" in str(caught.value)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("region", "hint"),
    [
        ("cn-hangzou", "Did you mean cn-hangzhou?"),
        ("cn-shangai", "Did you mean cn-shanghai?"),
        ("qq-qqqqqq-9", "Region ids look like cn-hangzhou."),
    ],
)
def test_a_misspelt_region_alone_is_an_invalid_event_with_the_nearest_name(
    function: str, region: str, hint: str
) -> None:
    stage, _ = stage_of(function)
    stage.gateway.faults.add(Refuse(region=region, status=404, code="InvalidRegionId.NotFound"))

    with pytest.raises(InvalidEvent) as caught:
        stage.ask(function, {"tags": DEV, "regions": [region], **stated(function)})

    assert str(caught.value) == (
        f"{region} is not a region that ECS knows (InvalidRegionId.NotFound). {hint}"
    )


def test_a_misspelt_region_beside_others_is_named_and_the_others_are_done() -> None:
    stage, world = stage_of()
    world.says["cn-hangzou"] = NoResponse("no host of that name", unresolved=True)

    with pytest.raises(Incomplete, match=r"cn-hangzou .* Did you mean cn-hangzhou\?") as caught:
        stage.ask("stop", {"tags": DEV, "regions": ["cn-hangzou", SHANGHAI, REGION]})

    assert report_of(caught.value)["counts"]["changed"] == 2


@pytest.mark.parametrize(
    ("region", "error"),
    [("cn-hangzou", InvalidEvent), ("cn-beijing", Unavailable)],
    ids=["not-listed", "listed"],
)
def test_a_host_that_does_not_resolve_is_a_misspelt_region_only_if_none_is_called_so(
    region: str, error: type[CurfewError]
) -> None:
    stage, world = stage_of()
    world.says[region] = NoResponse("no host of that name", unresolved=True)

    with pytest.raises(CurfewError) as caught:
        stage.ask("stop", {"tags": DEV, "regions": [region]})

    assert type(caught.value) is error


def test_a_region_that_no_list_knows_works_like_any_other() -> None:
    stage, world = stage_of()
    send = world.send

    def new_city(
        operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        return send(operation, {**parameters, "RegionId": REGION}, timeout_s=timeout_s)

    world.send = new_city  # type: ignore[method-assign]  # for this one test

    report = stage.ask("stop", {"tags": DEV, "regions": ["cn-newcity"]})

    assert [(one["region"], one["result"]) for one in report["instances"]] == [
        ("cn-newcity", "changed")
    ]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_id_not_found_is_failed_while_a_region_could_not_be_read(function: str) -> None:
    stage, world = stage_of(function)
    DEAD["refused"](stage, world)
    ids = [stage.id_of("dev-near"), stage.id_of("dev-far"), GHOST]

    with pytest.raises(Incomplete) as caught:
        stage.ask(
            function,
            {"instance_ids": ids, "regions": [REGION, SHANGHAI], **stated(function)},
        )

    report = report_of(caught.value)
    reason = "ECS in cn-hangzhou does not know this id, and cn-shanghai could not be read"
    assert {
        one["id"]: (one["result"], one["reason"], one["code"])
        for one in report["instances"]
        if one["id"] != ids[0]
    } == dict.fromkeys(ids[1:], ("failed", reason, NOT_KNOWN))
    assert all("does not know" not in one for one in report["warnings"])


@pytest.mark.parametrize("timeout_s", [60, 600])
@pytest.mark.parametrize("says", [9.0, 11.0, 3600.0])
def test_a_dead_region_holds_the_others_for_a_third_of_the_time_at_most(
    timeout_s: float, says: float
) -> None:
    stage, world = stage_of()
    world.says[SHANGHAI] = says if says > 10 else NoResponse("no connection")
    begun = stage.clock.now()
    begun_to_write: list[timedelta] = []

    def noting(operation: str, _: object) -> None:
        if operation == "StopInstances":
            begun_to_write.append(stage.clock.now() - begun)

    world.before = noting

    with pytest.raises(Incomplete):
        stage.deliver("stop", ENVELOPES["direct"](BOTH, stage.clock.now()), timeout_s=timeout_s)

    (first,) = begun_to_write
    assert first <= timedelta(seconds=timeout_s / 3 + 1)


@pytest.mark.parametrize("says", [3600.0, LookupError("odd")], ids=["silent", "unforeseen"])
def test_a_region_that_cannot_be_counted_holds_the_others_no_longer(
    says: Exception | float,
) -> None:
    """It goes silent between the first look and the count for CURFEW_MAX_PERCENT."""
    stage, world = stage_of(CURFEW_MAX_PERCENT="50")
    begun = stage.clock.now()
    first_write: list[timedelta] = []

    def noting(operation: str, parameters: Mapping[str, str]) -> None:
        if parameters["RegionId"] == SHANGHAI:
            world.says[SHANGHAI] = says
        if operation == "StopInstances":
            first_write.append(stage.clock.now() - begun)

    world.before = noting

    with pytest.raises(Incomplete, match="could not be counted") as caught:
        stage.deliver("stop", ENVELOPES["direct"](BOTH, stage.clock.now()), timeout_s=60)

    assert {one: result for one, (result, _) in table(report_of(caught.value)).items()} == {
        "dev-near": "changed",
        "dev-far": "pending",
    }
    assert len(first_write) == 1
    assert first_write[0] <= timedelta(seconds=60 / 3 + 1)


def test_a_slow_region_that_answers_in_a_third_of_the_time_is_done_too() -> None:
    stage, world = stage_of()
    world.says[SHANGHAI] = 4.0

    report = stage.ask("stop", BOTH)

    assert report["counts"]["changed"] == 2


def test_number_and_share_are_judged_over_the_regions_that_were_read() -> None:
    stage, world = stage_of(CURFEW_MAX_INSTANCES="1", CURFEW_MAX_PERCENT="50")
    DEAD["refused"](stage, world)

    with pytest.raises(Incomplete) as caught:
        stage.ask("stop", BOTH)

    assert report_of(caught.value)["counts"]["changed"] == 1


def test_by_http_an_unread_region_is_told_with_the_report() -> None:
    stage, world = stage_of()
    DEAD["denied"](stage, world)

    answer = stage.deliver("stop", ENVELOPES["http"](BOTH, stage.clock.now()))

    body = json.loads(answer["body"])
    assert (answer["statusCode"], body["errorType"]) == (403, "AccessDenied")
    assert "cn-shanghai could not be read" in body["errorMessage"]
    assert body["report"]["counts"]["changed"] == 1


def test_a_region_that_is_lost_after_the_plan_is_no_unread_one() -> None:
    stage, _ = stage_of()
    stage.gateway.faults.add(Refuse(region=SHANGHAI, skip=2))

    with pytest.raises(Incomplete) as caught:
        stage.ask("stop", BOTH)

    report = report_of(caught.value)
    assert {one: result for one, (result, _) in table(report).items()} == {
        "dev-near": "changed",
        "dev-far": "pending",
    }
    assert report["warnings"] == ["1 instance pending: send the same request again to continue"]
