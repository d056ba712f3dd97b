"""Regions that cannot be read, and instances that are in another region than was said."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from local.ecs.fleet.fleet import SHANGHAI, InstanceSpec
from local.ecs.gateway.faults import AnyFault, Cut, LostPermission, Refuse
from local.fc.trigger_events import ENVELOPES, Request
from shared.converge.target import LOOK_AGAIN_AFTER
from shared.ecs.transport import ErrorResponse, NoResponse
from shared.errors import AccessDenied, CurfewError, Incomplete, InvalidEvent, Unavailable
from tests.harness.actions import FUNCTIONS, WRITERS, stated, to_do
from tests.harness.invocation import ENVIRONMENT
from tests.harness.reports import report_of, table
from tests.harness.stage import DEV, REGION, Stage
from tests.harness.transport import Direct

BEIJING = "cn-beijing"
NOT_KNOWN = "InvalidInstanceId.NotFound"

EACH_WRITE = pytest.mark.parametrize("function", WRITERS)


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


GHOST = "i-ghost"
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
    says: Exception | float,
) -> None:
    stage, world = stage_of(CURFEW_REGIONS=f"{REGION},{SHANGHAI}")
    world.says[SHANGHAI] = says
    begun = stage.clock.now()

    report = stage.ask("release", {"instance_ids": [GHOST]})

    said = f"ECS in cn-hangzhou does not know this id: {NOT_THERE}"
    assert table(report) == {"": ("unchanged", f"{said}; cn-shanghai did not answer")}
    assert world.asked(SHANGHAI) == [3.0]
    assert stage.clock.now() - begun <= timedelta(seconds=3) + LOOK_AGAIN_AFTER


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
    body: Mapping[str, Any],
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

    assert report["counts"]["unchanged"] == 1


def test_hundreds_of_unknown_ids_take_another_region_no_longer_than_one() -> None:
    stage, world = stage_of(CURFEW_REGIONS=f"{REGION},{SHANGHAI}")
    world.says[SHANGHAI] = 2.0
    begun = stage.clock.now()

    stage.ask("release", {"instance_ids": [f"i-ghost{number}" for number in range(450)]})

    assert stage.clock.now() - begun <= timedelta(seconds=3) + LOOK_AGAIN_AFTER


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
@pytest.mark.parametrize("function", WRITERS)
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
