"""The bounds that operators set for a whole function, and what ECS shows of it in part only."""

from __future__ import annotations

import pytest

from local.ecs.fleet.fleet import SHANGHAI, InstanceSpec
from local.ecs.gateway.faults import GarbledRow, Refuse
from local.fc.trigger_events import Request
from shared.base.errors import Incomplete, InvalidEvent, Refused
from tests.harness.reports import report_of
from tests.harness.stage import DEV, REGION, Stage

TWO_REGIONS: Request = {"tags": DEV, "regions": [REGION, SHANGHAI]}


def of(*numbers: int) -> list[InstanceSpec]:
    return [InstanceSpec(f"dev-{number}", tags=DEV) for number in numbers]


def ids_of(stage: Stage, *names: str) -> list[str]:
    return [stage.id_of(name) for name in names]


class TestTheCeiling:
    @pytest.mark.promise("S14")
    def test_what_is_refused_is_told_with_its_plan(self) -> None:
        stage = Stage(of(0, 1))

        with pytest.raises(Refused) as refused:
            stage.ask("stop", {"tags": DEV, "max_instances": 1, "dry_run": True})

        report = report_of(refused.value)
        assert report["outcome"] == "incomplete"
        assert {row["result"] for row in report["instances"]} == {"would_change"}


class TestSnapshotsRequired:
    @pytest.mark.promise("S16")
    @pytest.mark.parametrize("trigger", ["direct", "mns_topic_json", "eventbridge"])
    def test_no_message_releases_without_them(self, trigger: str) -> None:
        stage = Stage(of(0))
        stage.environ["CURFEW_SNAPSHOT"] = "required"
        request: Request = {"tags": DEV, "dry_run": False, "snapshot": False}

        with pytest.raises(Refused, match="CURFEW_SNAPSHOT"):
            stage.ask("release", request, trigger)

        assert len(stage.gateway.log) == 0

    def test_it_does_not_bind_set_auto_release(self) -> None:
        stage = Stage(of(0))
        stage.environ["CURFEW_SNAPSHOT"] = "required"

        report = stage.ask("set_auto_release", {"tags": DEV, "release_after": "3h"})

        assert report["counts"]["changed"] == 1


class TestUnknownIds:
    @pytest.mark.promise("S24")
    def test_an_id_of_another_region_is_not_reported_as_released(self) -> None:
        stage = Stage([*of(0), InstanceSpec("dev-far", region=SHANGHAI, tags=DEV)])
        stage.environ["CURFEW_REGIONS"] = f"{REGION},{SHANGHAI}"

        with pytest.raises(Incomplete) as incomplete:
            stage.ask("release", {"instance_ids": ids_of(stage, "dev-far")})

        [row] = report_of(incomplete.value)["instances"]
        assert (row["result"], SHANGHAI in row["reason"]) == ("failed", True)

    @pytest.mark.promise("S24")
    def test_an_id_that_no_region_knows_is_released_and_warned_about(self) -> None:
        stage = Stage(of(0))
        unknown = "i-bp1doesnotexist"

        report = stage.ask("release", {"instance_ids": [unknown]})

        assert [row["result"] for row in report["instances"]] == ["unchanged"]
        assert any(unknown in warning for warning in report["warnings"])


class TestRegions:
    @pytest.mark.promise("S22")
    def test_one_that_cannot_be_read_does_not_keep_the_others(self) -> None:
        stage = Stage([*of(0), InstanceSpec("dev-far", region=SHANGHAI, tags=DEV)])
        stage.gateway.faults.add(
            Refuse(action="*", region=SHANGHAI, status=503, code="ServiceUnavailable")
        )

        with pytest.raises(Incomplete, match=SHANGHAI) as incomplete:
            stage.ask("stop", TWO_REGIONS)

        report = report_of(incomplete.value)
        assert {row["name"]: row["result"] for row in report["instances"]} == {"dev-0": "changed"}
        assert any(warning.startswith(SHANGHAI) for warning in report["warnings"])

    @pytest.mark.promise("S11")
    def test_of_an_unread_region_no_plan_can_be_confirmed(self) -> None:
        stage = Stage(of(0))
        stage.gateway.faults.add(
            Refuse(action="*", region=SHANGHAI, status=503, code="ServiceUnavailable")
        )

        with pytest.raises(Incomplete) as incomplete:
            stage.ask("stop", {**TWO_REGIONS, "dry_run": True})

        assert "plan_id" not in report_of(incomplete.value)

    def test_one_that_ecs_does_not_know_is_invalid_if_it_is_the_only_one(self) -> None:
        stage = Stage(of(0))

        with pytest.raises(InvalidEvent, match="cn-hangzho"):
            stage.ask("stop", {"tags": DEV, "regions": ["cn-hangzho"]})


class TestRows:
    @pytest.mark.promise("S23")
    def test_one_that_cannot_be_read_fails_and_keeps_no_other(self) -> None:
        stage = Stage(of(0, 1, 2))
        bad = stage.id_of("dev-1")
        stage.gateway.faults.add(GarbledRow(id=bad, field="CreationTime", value="soon"))

        with pytest.raises(Incomplete) as incomplete:
            stage.ask("stop", {"tags": DEV})

        results = {row["id"]: row["result"] for row in report_of(incomplete.value)["instances"]}
        good = dict.fromkeys(ids_of(stage, "dev-0", "dev-2"), "changed")
        assert results == {bad: "failed", **good}
