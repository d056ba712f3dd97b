"""Whatever keeps an instance reads the keys of tags as guards do, in any spelling."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

import shared.ecs.inventory
from local.ecs.fleet.fleet import InstanceSpec
from local.fc.trigger_events import Request
from tests.harness.reports import table
from tests.harness.s_yaml import raw
from tests.harness.stage import Stage

DEV = {"team": "dev", "env": "dev"}
HOURS = "daily 08:30-24:00"


def shipped(name: str) -> Request:
    """A request that s.yaml ships, for any day."""
    request: dict[str, object] = json.loads(raw()["vars"][name])
    request.pop("days", None)
    return request


@pytest.mark.promise("S6")
def test_a_machine_with_an_owner_in_any_spelling_gets_no_release_time() -> None:
    spellings = ("owner", "Owner", "owner ", "\uff2fWNER", "own\u200ber")
    owned = [InstanceSpec(f"owned-{n}", tags={key: "li"}) for n, key in enumerate(spellings)]
    stage = Stage([*owned, InstanceSpec("free", tags={"owners": "li"})])

    report = stage.ask("set_auto_release", shipped("ownerless_request"))

    assert list(table(report)) == ["free"]
    assert [one.name for one in stage.engine.instances() if one.auto_release_at] == ["free"]


@pytest.mark.promise("S6")
@pytest.mark.parametrize(
    "spelling", ["curfew:schedule", "Curfew:Schedule", "curfew\uff1aschedule "]
)
def test_the_evening_timer_leaves_a_schedule_in_any_spelling_alone(spelling: str) -> None:
    stage = Stage(
        [InstanceSpec("late", tags={**DEV, spelling: HOURS}), InstanceSpec("dev", tags=DEV)]
    )

    report = stage.ask("stop", shipped("evening_request"))

    assert list(table(report)) == ["dev"]
    assert stage.gateway.log.touched(stage.id_of("late")) == ()


@pytest.mark.promise("S6")
@pytest.mark.parametrize(
    ("tags", "is_kept"),
    [
        ({"env": "prod"}, True),
        ({"Env": "Prod "}, True),
        ({"Env": "dev", "env ": "PROD"}, True),
        ({"Env": "dev"}, False),
        ({"environment": "prod"}, False),
    ],
    ids=["exact", "spelt", "one-of-two", "other-value", "other-key"],
)
def test_values_that_are_excepted_are_read_as_leniently(
    tags: Mapping[str, str],
    is_kept: bool,  # noqa: FBT001  # a column of the table
) -> None:
    stage = Stage([InstanceSpec("web", tags=dict(tags))])
    request = {"name": "web", "except": {"tags": {"env": "prod"}}}

    stage.ask("stop", request)

    assert (stage.writes() == ()) is is_kept


@pytest.mark.parametrize("limit", [1, 1000], ids=["all-are-listed", "a-filter-lists-them"])
def test_selecting_is_exact_and_spellings_that_were_listed_are_told(
    limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared.ecs.inventory, "TAG_FILTER_LIMIT", limit)
    keys = ("curfew:schedule", "Curfew:Schedule", "Curfew:Schedule", "curfew:schedule ")
    spelt = [InstanceSpec(f"dev-{n}", tags={key: HOURS}) for n, key in enumerate(keys)]
    stage = Stage([*spelt, InstanceSpec("web", tags={"Curfew:Schedule": HOURS})])
    request = {"tags": {"curfew:schedule": "*"}, "name": "dev-*"}

    report = stage.ask("apply_schedule", request)

    assert list(table(report)) == ["dev-0"]
    told = (
        "2 instances have the tag key Curfew:Schedule, which curfew:schedule does not select; "
        "1 instance has the tag key 'curfew:schedule ', which curfew:schedule does not select: "
        '"tags" selects by the exact key.'
    )
    assert report["warnings"] == ([told] if limit == 1 else [])


def test_describe_says_which_schedule_no_timer_finds() -> None:
    exact, spelt = {"curfew:schedule": HOURS}, {"Curfew:Schedule ": HOURS}
    stage = Stage(
        [
            InstanceSpec("exact", tags=exact),
            InstanceSpec("spelt", tags=spelt),
            InstanceSpec("both", tags={**exact, **spelt}),
        ]
    )

    rows = table(stage.ask("describe", {"name": "*t*"}))

    said = (
        "its tag key is 'Curfew:Schedule ', which a timer that selects by curfew:schedule does not "
        "find: write curfew:schedule"
    )
    assert {name: said in reason for name, (_, reason) in rows.items()} == {
        "exact": False,
        "spelt": True,
        "both": False,
    }
