"""One event delivered again, several in a list, one that is late: each has one effect."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from local.ecs.account.model import Status
from local.fc.trigger_events import ENVELOPES, Request
from shared.base.errors import CurfewError, Refused
from tests.harness.reports import at, report_in, table
from tests.harness.stage import Stage
from tests.safety.race_cases import API, RELEASE, WEB


@pytest.mark.promise("S34")
def test_one_event_delivered_four_times_has_one_effect() -> None:
    stage = Stage([WEB, API])
    event = ENVELOPES["mns_topic_json"](RELEASE, stage.clock.now())

    first, *others = [report_in(stage.deliver("release", event)) for _ in range(4)]

    assert first["counts"]["changed"] == 2
    assert [one["counts"]["changed"] for one in others] == [0, 0, 0]
    assert len(stage.engine.snapshots()) == 3  # one of each disk


@pytest.mark.promise("S35")
def test_a_redelivered_release_after_means_the_same_instant() -> None:
    stage = Stage([WEB])
    event = ENVELOPES["mns_topic_json"]({"name": "dev-*", "release_after": "3h"}, stage.clock.now())

    stage.deliver("set_auto_release", event)
    set_at = stage.engine.instances()[0].auto_release_at
    stage.clock.advance(timedelta(hours=2))
    again = report_in(stage.deliver("set_auto_release", event))

    assert stage.engine.instances()[0].auto_release_at == set_at
    assert table(again)["dev-web"][0] == "unchanged"


def listed(stage: Stage, *requests: Request) -> bytes:
    events = [json.loads(ENVELOPES["eventbridge"](one, stage.clock.now())) for one in requests]
    return json.dumps(events).encode()


@pytest.mark.promise("S41")
def test_the_same_instance_in_two_messages_of_a_list_is_changed_once() -> None:
    stage = Stage([WEB, API])
    ids = [one.instance_id for one in stage.engine.instances()]

    answer = stage.deliver(
        "stop", listed(stage, {"instance_ids": ids[:1]}, {"instance_ids": ids}, {"name": "dev-*"})
    )

    assert [one["counts"]["changed"] for one in answer["reports"]] == [1, 1, 0]
    assert [len(stage.gateway.log.touched(one)) for one in ids] == [1, 1]


@pytest.mark.promise("S41")
def test_messages_at_odds_are_done_in_their_order_and_the_last_stands() -> None:
    stage = Stage([WEB])
    now = stage.clock.now()
    early, late = (at(now + timedelta(hours=hours)) for hours in (2, 5))
    name = {"name": "dev-*"}

    stage.deliver(
        "set_auto_release",
        listed(stage, {**name, "release_at": late}, {**name, "release_at": early}),
    )
    assert at(stage.engine.instances()[0].auto_release_at or now) == early

    stage.deliver(
        "set_auto_release",
        listed(
            stage,
            {**name, "release_at": late, "if_set": "later"},
            {**name, "release_at": early, "if_set": "later"},
        ),
    )
    assert at(stage.engine.instances()[0].auto_release_at or now) == late


def test_a_bad_message_changes_nothing_and_stops_no_other() -> None:
    stage = Stage([WEB, API])

    with pytest.raises(CurfewError) as failure:
        stage.deliver(
            "stop", listed(stage, {"name": "dev-web"}, {"nmae": "x"}, {"name": "dev-api"})
        )

    assert "[1] InvalidEvent" in str(failure.value)
    assert {one.status for one in stage.engine.instances()} == {Status.STOPPED}


def test_yesterdays_event_is_refused_before_any_call() -> None:
    stage = Stage([WEB])
    event = ENVELOPES["timer"]({"name": "dev-*"}, stage.clock.now() - timedelta(hours=7))

    with pytest.raises(Refused, match="CURFEW_MAX_EVENT_AGE"):
        stage.deliver("stop", event)

    assert len(stage.gateway.log) == 0
