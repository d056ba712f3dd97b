"""without_tags: that a tag is not there is believed when two APIs show it, on the look acted on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import AnyFault, DroppedTags
from local.fc.trigger_events import Request
from shared.base.errors import AccessDenied, Incomplete, Unavailable
from shared.domain.plan import UNSURE_TAGS
from tests.harness.actions import FUNCTIONS, WRITING, WRITING_FUNCTIONS, function_of, stated, to_do
from tests.harness.forgetful import Forgetful
from tests.harness.reports import report_of, table
from tests.harness.requests import WAYS, selected
from tests.harness.stage import Stage
from tests.safety import second_api

DEV = {"team": "dev"}
OWNED = InstanceSpec("dev-owned", tags={**DEV, "owner": "li"})
FREE = InstanceSpec("dev-free", tags=DEV)
BARE = InstanceSpec("dev-bare")
WITHOUT: Request = {"without_tags": ["owner", "cost-centre"]}


def stage_for(name: str, *specs: InstanceSpec) -> Stage:
    """Instances with which the function has something to do."""
    return Stage([replace(one, **to_do(name)) for one in specs])


@pytest.mark.promise("S8")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", WRITING)
def test_only_who_has_none_of_the_tags_is_meant(name: str, way: str) -> None:
    stage = stage_for(name, OWNED, FREE)
    owned = stage.id_of("dev-owned")

    report = stage.ask(function_of(name), {**selected(stage, way), **stated(name), **WITHOUT})

    assert stage.gateway.log.touched(owned) == ()
    rows = table(report)
    assert rows.pop("dev-free")[0] == "changed"
    left = ("skipped", "not selected: it has the tag owner")
    assert rows == ({"dev-owned": left} if way == "ids" else {})


@pytest.mark.promise("S8")
@pytest.mark.parametrize("spelling", ["Owner", "owner ", "\uff2fWNER"])
@pytest.mark.parametrize("name", WRITING)
def test_who_has_the_tag_in_another_spelling_has_it(name: str, spelling: str) -> None:
    spelt = replace(OWNED, tags={**DEV, spelling: "li"})
    stage = stage_for(name, spelt, FREE)
    # One of the two APIs has lost it.
    stage.transport = Forgetful(stage.gateway, lost=(spelling,))

    report = stage.ask(function_of(name), {"name": "dev-*", **stated(name), **WITHOUT})

    assert list(table(report)) == ["dev-free"]
    assert stage.gateway.log.touched(stage.id_of("dev-owned")) == ()


@pytest.mark.promise("S8")
@pytest.mark.parametrize("lost", [("owner",), ("owner", "team")], ids=["one-tag", "all-tags"])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_tag_that_one_api_has_lost_is_there_all_the_same(
    function: str, lost: tuple[str, ...]
) -> None:
    stage = stage_for(function, OWNED, FREE)
    stage.transport = Forgetful(stage.gateway, lost=lost)

    report = stage.ask(function, {"name": "dev-*", **stated(function), **WITHOUT})

    assert list(table(report)) == ["dev-free"]
    assert stage.gateway.log.touched(stage.id_of("dev-owned")) == ()


@pytest.mark.promise("S8")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_tag_that_is_shown_is_there_whatever_the_second_api_says(function: str) -> None:
    stage = stage_for(function, OWNED, FREE)
    stage.transport = Forgetful(stage.gateway, operation="ListTagResources")

    report = stage.ask(function, {"name": "dev-*", **stated(function), **WITHOUT})

    assert list(table(report)) == ["dev-free"]


@pytest.mark.promise("S8")
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dry_run", [False, True])
def test_where_only_one_api_shows_tags_nothing_is_believed(
    function: str,
    dry_run: bool,  # noqa: FBT001  # a table's column
) -> None:
    stage = stage_for(function, FREE, replace(OWNED, tags={"owner": "li"}))
    stage.transport = Forgetful(stage.gateway, operation="ListTagResources", lost=("team",))
    request = {"name": "dev-*", **stated(function), **WITHOUT, "dry_run": dry_run}

    # That the function may list tags shows in those of another instance.
    stage.engine.tag(stage.id_of("dev-owned"), {"cost-centre": "7"})
    with pytest.raises(Incomplete) as caught:
        stage.ask(function, request)

    assert table(report_of(caught.value)) == {"dev-free": ("pending", UNSURE_TAGS)}
    assert stage.writes() == ()


@pytest.mark.promise("S8")
@pytest.mark.parametrize("function", WRITING_FUNCTIONS)
def test_an_absence_is_asked_of_both_apis_again_for_every_look_that_is_acted_on(
    function: str,
) -> None:
    """The tag comes after the plan, and DescribeInstances never shows it."""
    stage = stage_for(function, FREE)
    instance_id = stage.id_of("dev-free")
    stage.transport = Forgetful(stage.gateway)
    looks = 0

    def somebody(operation: str, parameters: Mapping[str, str]) -> None:
        nonlocal looks
        if operation == "ListTagResources" and "DryRun" not in parameters:
            looks += 1
            if looks == 1:
                stage.engine.tag(instance_id, {"owner": "li"})
                stage.clock.advance(timedelta(seconds=31))

    stage.transport.after = somebody

    report = stage.ask(function, {"name": "dev-*", **stated(function), **WITHOUT})

    said = "no longer selected: it has the tag owner"
    assert table(report) == {"dev-free": ("skipped", said)}
    assert stage.writes() == ()
    assert looks == 2


@pytest.mark.promise("S8")
@pytest.mark.parametrize("fields", [{}, {"snapshot": False}, {"force": True}], ids=str)
def test_each_step_of_a_release_rests_on_an_absence_that_was_seen_anew(fields: Request) -> None:
    stage = stage_for("release", FREE)
    instance_id = stage.id_of("dev-free")
    stage.transport = Forgetful(stage.gateway)

    def somebody(operation: str, _: object) -> None:
        if operation == "StopInstances":
            stage.engine.tag(instance_id, {"owner": "li"})

    stage.transport.after = somebody

    report = stage.ask("release", {"name": "dev-*", "dry_run": False, **fields, **WITHOUT})

    ((result, reason),) = table(report).values()
    assert (result, reason.partition(";")[0]) == (
        "skipped",
        "no longer selected: it has the tag owner",
    )
    assert stage.operations() == ("StopInstances",)


@pytest.mark.promise("S8")
@second_api.silent
@pytest.mark.parametrize("function", FUNCTIONS)
def test_without_the_second_api_nobody_lacks_a_tag(function: str, fault: AnyFault) -> None:
    stage = stage_for(function, FREE, BARE)
    stage.gateway.faults.add(fault)

    with pytest.raises((AccessDenied, Unavailable), match="ListTagResources"):
        stage.ask(function, {"name": "dev-*", **stated(function), **WITHOUT})

    assert stage.writes() == ()


@pytest.mark.promise("S8")
@pytest.mark.parametrize("way", ["ids", "name", "all"])
@pytest.mark.parametrize("name", WRITING)
def test_tags_that_got_lost_do_not_lift_an_exception(name: str, way: str) -> None:
    stage = stage_for(name, replace(FREE, name="dev-prod", tags={"env": "prod"}))
    stage.gateway.faults.add(DroppedTags(action="DescribeInstances"))
    request = {**selected(stage, way), **stated(name), "except": {"tags": {"env": "prod"}}}

    report = stage.ask(function_of(name), request)

    left = {"dev-prod": ("skipped", "not selected: excepted by its tag env")}
    assert table(report) == (left if way == "ids" else {})
    assert stage.writes() == ()


def test_where_the_operator_asks_for_tags_too_both_apis_are_asked() -> None:
    stage = stage_for("stop", OWNED, FREE)
    stage.environ["CURFEW_ONLY_TAGS"] = '{"team": "dev"}'
    stage.transport = Forgetful(stage.gateway, lost=("owner", "team"))

    with pytest.raises(Incomplete):
        stage.ask("stop", {"name": "dev-*", **WITHOUT})

    assert stage.gateway.log.touched(stage.id_of("dev-owned")) == ()


@pytest.mark.parametrize("function", ["stop", "start", "describe", "clear_auto_release"])
def test_who_needs_no_second_opinion_costs_none(function: str) -> None:
    stage = stage_for(function, OWNED, FREE, BARE)

    stage.ask(function, {"name": "dev-*", "older_than": "1d", "except": {"name": "*-owned"}})

    assert stage.gateway.log.count("ListTagResources") == 0


def test_who_shows_one_of_the_tags_is_not_asked_about() -> None:
    stage = stage_for("stop", OWNED)

    stage.ask("stop", {"name": "dev-*", **WITHOUT})

    assert stage.gateway.log.count("ListTagResources") == 0
