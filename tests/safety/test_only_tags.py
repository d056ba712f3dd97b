"""CURFEW_ONLY_TAGS: whoever lacks the operator's tags is written to by no function."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import DroppedTags
from shared.base.errors import Incomplete, Refused
from tests.harness.actions import WRITING_FUNCTIONS, stated, to_do
from tests.harness.reports import report_of, table
from tests.harness.requests import WAYS, request_for
from tests.harness.stage import Stage

WHO: Mapping[str, Mapping[str, str]] = {
    "dev-both": {"team": "dev", "lifecycle": "managed", "owner": "wang"},
    "dev-other": {"team": "dev", "lifecycle": "kept", "owner": "wang"},
    "dev-none": {"team": "dev"},
    "dev-half": {"team": "dev", "lifecycle": "managed"},
}
ONLY = {"lifecycle": "managed", "owner": "*"}
LACKING = {
    "dev-other": "without tag lifecycle=managed (CURFEW_ONLY_TAGS)",
    "dev-none": (
        "without tag lifecycle=managed (CURFEW_ONLY_TAGS); without tag owner (CURFEW_ONLY_TAGS)"
    ),
    "dev-half": "without tag owner (CURFEW_ONLY_TAGS)",
}


def stage(function: str) -> Stage:
    """A fleet in which the function has something to do with everybody."""
    made = Stage(
        InstanceSpec(
            name,
            tags=tags,
            **to_do(function),
        )
        for name, tags in WHO.items()
    )
    made.environ["CURFEW_ONLY_TAGS"] = json.dumps(ONLY)
    return made


@pytest.mark.promise("S16")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("function", WRITING_FUNCTIONS)
def test_whoever_lacks_them_is_skipped_and_not_touched(function: str, way: str) -> None:
    here = stage(function)
    ids = {one.name: one.instance_id for one in here.engine.instances()}

    report = here.ask(function, {**request_for(way, ids), **stated(function)})

    said = table(report)
    assert {one for one in ids if here.gateway.log.touched(ids[one])} == {"dev-both"}
    assert said.pop("dev-both")[0] == "changed"
    assert said == {name: ("skipped", reason) for name, reason in LACKING.items()}


@pytest.mark.parametrize("function", WRITING_FUNCTIONS)
def test_a_dry_run_skips_them_too(function: str) -> None:
    report = stage(function).ask(function, {"name": "dev-*", **stated(function), "dry_run": True})

    results = {name: result for name, (result, _) in table(report).items()}
    assert results == dict.fromkeys(LACKING, "skipped") | {"dev-both": "would_change"}


def test_describe_shows_them_with_what_guards_them() -> None:
    report = stage("describe").ask("describe", {"name": "dev-*"})

    assert table(report) == {
        "dev-both": ("unchanged", ""),
        **{
            name: ("unchanged", f"guarded against stop, release and start: {reason}")
            for name, reason in LACKING.items()
        },
    }


@pytest.mark.parametrize("function", WRITING_FUNCTIONS)
def test_a_value_that_means_nothing_keeps_every_function_from_anything(function: str) -> None:
    here = stage(function)
    here.environ["CURFEW_ONLY_TAGS"] = "lifecycle=managed"

    with pytest.raises(Refused, match="CURFEW_ONLY_TAGS is not a JSON object"):
        here.ask(function, {"name": "dev-*", **stated(function)})

    assert len(here.gateway.log) == 0


@pytest.mark.sampled(one_in=7)
@pytest.mark.parametrize("times", [1, 2, 9])
@pytest.mark.parametrize("skip", range(4))
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("function", WRITING_FUNCTIONS)
def test_tags_that_got_lost_are_not_called_missing(
    function: str, way: str, skip: int, times: int
) -> None:
    here = stage(function)
    ids = {one.name: one.instance_id for one in here.engine.instances()}
    here.gateway.faults.add(DroppedTags(action="DescribeInstances", skip=skip, times=times))

    try:
        report = here.ask(function, {**request_for(way, ids), **stated(function)})
    except Incomplete as error:
        report = report_of(error)

    result, reason = table(report)["dev-both"]
    written = bool(here.gateway.log.touched(ids["dev-both"]))
    if times == 1:
        assert result in {"changed", "pending"}
    assert result != "skipped" or (times > 1 and skip == 0 and not written), reason
