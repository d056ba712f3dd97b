"""except with tags: that an excepted key is not there is believed when two APIs show it.

What one API has lost is dropped by the emulator: one key of DescribeInstances or ListTagResources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import AnyFault, DroppedTags
from local.fc.trigger_events import ENVELOPES, Request
from shared.base.errors import AccessDenied, Incomplete, Unavailable
from shared.domain.plan import UNSURE_TAGS
from tests.harness.actions import (
    DESTRUCTIVE,
    FUNCTIONS,
    WRITING,
    WRITING_FUNCTIONS,
    function_of,
    stated,
    to_do,
)
from tests.harness.reports import report_of, table
from tests.harness.requests import WAYS, by_every_way, selected
from tests.harness.stage import MANY_ALLOWED, Stage
from tests.safety import second_api

DEV = {"team": "dev"}
PROD = InstanceSpec("dev-prod", tags={**DEV, "env": "prod"})
FREE = InstanceSpec("dev-free", tags=DEV)
EXCEPT: Request = {"except": {"tags": {"env": ["prod", "live"]}}}
ONE_LOST = DroppedTags(action="DescribeInstances", key="env")


def stage_for(name: str, *specs: InstanceSpec) -> Stage:
    """Instances with which the function has something to do."""
    return Stage([replace(one, **to_do(name)) for one in specs or (PROD, FREE)])


BY_TRIGGER = by_every_way((trigger,) for trigger in ENVELOPES)


@pytest.mark.sampled(one_in=7)
@pytest.mark.promise("S8")
@pytest.mark.parametrize(("trigger", "way"), BY_TRIGGER)
@pytest.mark.parametrize("name", DESTRUCTIVE)
def test_no_machine_is_lost_whose_excepted_tag_one_api_has_lost(
    name: str, trigger: str, way: str
) -> None:
    stage = stage_for(name)
    stage.gateway.faults.add(ONE_LOST)

    report = stage.ask(
        function_of(name), {**selected(stage, way), **stated(name), **EXCEPT}, trigger
    )

    assert stage.gateway.log.touched(stage.id_of("dev-prod")) == ()
    rows = table(report)
    assert rows.pop("dev-free")[0] == "changed"
    left = ("skipped", "not selected: excepted by its tag env")
    assert rows == ({"dev-prod": left} if way == "ids" else {})


@pytest.mark.sampled(one_in=7)
@pytest.mark.promise("S8")
@pytest.mark.parametrize("skip", range(3))
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", WRITING)
def test_whenever_the_tag_gets_lost_it_keeps_the_instance(name: str, way: str, skip: int) -> None:
    stage = stage_for(name)
    stage.gateway.faults.add(DroppedTags(action="DescribeInstances", key="env", skip=skip))

    report = stage.ask(function_of(name), {**selected(stage, way), **stated(name), **EXCEPT})

    assert stage.gateway.log.touched(stage.id_of("dev-prod")) == ()
    assert table(report)["dev-free"][0] == "changed"


@pytest.mark.promise("S8")
@pytest.mark.parametrize("spelling", ["Env", "env ", "\uff25NV"])
@pytest.mark.parametrize("name", WRITING)
def test_who_has_the_tag_in_another_spelling_keeps_it(name: str, spelling: str) -> None:
    stage = stage_for(name, replace(PROD, tags={**DEV, spelling: "Prod"}), FREE)
    stage.gateway.faults.add(DroppedTags(action="DescribeInstances", key=spelling))

    report = stage.ask(function_of(name), {"name": "dev-*", **stated(name), **EXCEPT})

    assert list(table(report)) == ["dev-free"]
    assert stage.gateway.log.touched(stage.id_of("dev-prod")) == ()


@pytest.mark.promise("S8")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_any_of_several_excepted_keys_may_be_the_lost_one(function: str) -> None:
    stage = stage_for(function, replace(PROD, tags={"env": "dev", "owner": "li"}))
    stage.gateway.faults.add(DroppedTags(action="DescribeInstances", key="owner"))
    kept: Request = {"except": {"tags": {"env": "prod", "owner": "*"}}}

    report = stage.ask(function, {"name": "dev-*", **stated(function), **kept})

    assert table(report) == {}
    assert stage.writes() == ()


@pytest.mark.promise("S8")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_tag_that_is_shown_keeps_whatever_the_second_api_says(function: str) -> None:
    stage = stage_for(function, PROD)
    stage.gateway.faults.add(DroppedTags(action="ListTagResources", key="env"))

    report = stage.ask(function, {"name": "dev-*", **stated(function), **EXCEPT})

    assert table(report) == {}
    assert stage.gateway.log.count("ListTagResources") == 0


@pytest.mark.promise("S8")
@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_where_only_one_api_shows_tags_nothing_is_believed(
    function: str,
    dry_run: bool,  # noqa: FBT001  # a table's column
) -> None:
    other = replace(PROD, name="other", tags={"owner": "li"})  # so that tags may be listed
    stage = stage_for(function, FREE, other)
    stage.gateway.faults.add(DroppedTags(action="ListTagResources", key="team"))
    request = {"name": "*e*", **stated(function), **EXCEPT, "dry_run": dry_run}

    with pytest.raises(Incomplete) as caught:
        stage.ask(function, request)

    rows = table(report_of(caught.value))
    assert rows["dev-free"] == ("pending", UNSURE_TAGS)
    assert stage.gateway.log.touched(stage.id_of("dev-free")) == ()


@pytest.mark.promise("S8")
@pytest.mark.parametrize("function", WRITING_FUNCTIONS)
def test_an_absence_is_asked_of_both_apis_again_for_every_look_that_is_acted_on(
    function: str,
) -> None:
    """The tag comes after the plan, and DescribeInstances never shows it."""
    stage = stage_for(function, FREE)
    stage.gateway.faults.add(ONE_LOST)
    looks = 0

    def somebody(operation: str, parameters: Mapping[str, str]) -> None:
        nonlocal looks
        if operation == "ListTagResources" and "DryRun" not in parameters:
            looks += 1
            if looks == 1:
                stage.engine.tag(stage.id_of("dev-free"), {"env": "prod"})
                stage.clock.advance(timedelta(seconds=31))

    stage.transport.after = somebody

    report = stage.ask(function, {"name": "dev-*", **stated(function), **EXCEPT})

    said = "no longer selected: excepted by its tag env"
    assert table(report) == {"dev-free": ("skipped", said)}
    assert stage.writes() == ()
    assert looks == 2


@pytest.mark.promise("S8")
def test_a_machine_that_is_excepted_once_it_was_stopped_is_not_deleted() -> None:
    stage = stage_for("release", FREE)
    stage.gateway.faults.add(ONE_LOST)

    def somebody(operation: str, _: object) -> None:
        if operation == "StopInstances":
            stage.engine.tag(stage.id_of("dev-free"), {"env": "prod"})

    stage.transport.after = somebody

    report = stage.ask("release", {"name": "dev-*", "dry_run": False, **EXCEPT})

    ((result, reason),) = table(report).values()
    said = "no longer selected: excepted by its tag env"
    assert (result, reason.partition(";")[0]) == ("skipped", said)
    assert stage.operations() == ("StopInstances",)


@pytest.mark.promise("S8")
@second_api.silent
@pytest.mark.parametrize("function", FUNCTIONS)
def test_without_the_second_api_nobody_lacks_the_tag(function: str, fault: AnyFault) -> None:
    stage = stage_for(function, FREE)
    stage.gateway.faults.add(fault)

    with pytest.raises((AccessDenied, Unavailable), match="ListTagResources"):
        stage.ask(function, {"name": "dev-*", **stated(function), **EXCEPT})

    assert stage.writes() == ()


def asked_for_tags(stage: Stage) -> list[int]:
    """How many instances each call of ListTagResources was about; its further pages left out."""
    return [
        sum(key.startswith("ResourceId.") for key in one.parameters)
        for one in stage.gateway.log
        if one.action == "ListTagResources" and "NextToken" not in one.parameters
    ]


AT_ONCE = [
    one for one in WRITING if function_of(one) != "release" or one == "release-force-no-snapshot"
]
"""Whose only write follows the look that made the plan."""


@pytest.mark.parametrize("name", AT_ONCE)
def test_the_second_api_is_asked_once_for_fifty_and_not_again_before_the_write(name: str) -> None:
    specs = [InstanceSpec(f"dev-{number}", tags=DEV) for number in range(120)]
    stage = Stage([replace(one, **to_do(name)) for one in specs], environ=MANY_ALLOWED)
    request = {"name": "dev-*", **stated(name), **EXCEPT, "max_instances": 120}

    stage.ask(function_of(name), request)

    assert asked_for_tags(stage) == [50, 50, 20]


def test_who_shows_the_key_with_another_value_is_not_asked_about() -> None:
    stage = stage_for("release", replace(FREE, tags={**DEV, "Env": "test"}))

    stage.ask("release", {"name": "dev-*", "dry_run": False, **EXCEPT})

    assert asked_for_tags(stage) == []
    assert stage.engine.instances() == ()


@pytest.mark.parametrize("name", WRITING)
@pytest.mark.parametrize(
    "narrow", [{}, {"except": {"name": "*-prod"}}, {"older_than": "1d"}], ids=str
)
def test_without_excepted_tags_nothing_more_is_asked(name: str, narrow: Request) -> None:
    owned = replace(FREE, tags={**DEV, "curfew:schedule": "always"})
    stage = stage_for(name, owned)

    stage.ask(function_of(name), {"name": "dev-*", **stated(name), **narrow})

    assert asked_for_tags(stage) == []
