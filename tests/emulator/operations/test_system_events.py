"""The full status of instances, and what the platform announces of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from local.ecs.account.model import Status
from local.ecs.account.system_events import EventType
from local.ecs.clock import ManualClock
from local.ecs.engine import Caller, Ecs
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.ram.policy import Policy
from tests.harness.desk import RUNNING, STOPPED, Desk, iso

REBOOT = EventType.MAINTENANCE_REBOOT


def full(desk: Desk, **parameters: str | tuple[str, ...]) -> list[dict[str, Any]]:
    answer = desk.ask("DescribeInstancesFullStatus", **parameters)
    rows: list[dict[str, Any]] = answer["InstanceFullStatusSet"]["InstanceFullStatusType"]
    return rows


def history(desk: Desk, **parameters: str | tuple[str, ...]) -> list[dict[str, Any]]:
    answer = desk.ask("DescribeInstanceHistoryEvents", **parameters)
    rows: list[dict[str, Any]] = answer["InstanceSystemEventSet"]["InstanceSystemEventType"]
    return rows


def announced(desk: Desk, kind: EventType = REBOOT, hours: float = 2) -> str:
    """The id of an event of the first instance."""
    at = desk.clock.now() + timedelta(hours=hours)
    return desk.ecs.announce(desk.instance_id, kind, at, "old hardware").event_id


def test_the_full_status_has_the_form_of_the_platform() -> None:
    desk = Desk(RUNNING, STOPPED)

    answer = desk.ask("DescribeInstancesFullStatus")

    running, stopped = desk.ids()
    none: dict[str, Any] = {"ScheduledSystemEventType": []}
    assert answer == {
        "TotalCount": 2,
        "PageNumber": 1,
        "PageSize": 10,
        "InstanceFullStatusSet": {
            "InstanceFullStatusType": [
                {
                    "InstanceId": running,
                    "Status": {"Code": 1, "Name": "Running"},
                    "HealthStatus": {"Code": 0, "Name": "Ok"},
                    "ScheduledSystemEventSet": none,
                },
                {
                    "InstanceId": stopped,
                    "Status": {"Code": 2, "Name": "Stopped"},
                    "HealthStatus": {"Code": 0, "Name": "InsufficientData"},
                    "ScheduledSystemEventSet": none,
                },
            ]
        },
    }


def test_an_event_that_was_announced_is_executed_and_history() -> None:
    desk = Desk(RUNNING)
    event_id = announced(desk)

    before, scheduled = history(desk), full(desk)[0]
    desk.pass_time(2 * 3600)
    rebooting = desk.instance.status
    desk.pass_time(60)

    assert before == []
    assert scheduled["HealthStatus"]["Name"] == "Maintaining"
    (shown,) = scheduled["ScheduledSystemEventSet"]["ScheduledSystemEventType"]
    assert shown == {
        "EventId": event_id,
        "EventType": {"Code": 1, "Name": "SystemMaintenance.Reboot"},
        "EventCycleStatus": {"Code": 24, "Name": "Scheduled"},
        "EventPublishTime": "2026-11-23T10:00:00Z",
        "NotBefore": "2026-11-23T12:00:00Z",
        "ExtendedAttribute": {},
        "Reason": "old hardware",
    }
    assert [rebooting, desk.instance.status] == [Status.STARTING, Status.RUNNING]
    assert history(desk) == [
        shown
        | {
            "InstanceId": desk.instance_id,
            "EventCycleStatus": {"Code": 0, "Name": "Executed"},
            "EventFinishTime": "2026-11-23T12:00:00Z",
        }
    ]
    assert full(desk)[0]["ScheduledSystemEventSet"] == {"ScheduledSystemEventType": []}


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        (EventType.FAILURE_STOP, [Status.STOPPED]),
        (EventType.MAINTENANCE_REDEPLOY, [Status.RUNNING]),
        (EventType.FAILURE_DELETE, []),
    ],
)
def test_an_event_does_what_it_is_called(kind: EventType, left: list[Status]) -> None:
    desk = Desk(RUNNING)
    announced(desk, kind)

    desk.pass_time(3 * 3600)

    assert [each.status for each in desk.ecs.instances()] == left


def test_events_of_what_is_gone_were_avoided() -> None:
    desk = Desk(RUNNING)
    announced(desk)
    desk.ecs.release(desk.instance_id)

    desk.pass_time(3 * 3600)

    assert [each["EventCycleStatus"] for each in history(desk)] == [{"Code": 8, "Name": "Avoided"}]


def test_lists_of_events_are_filtered() -> None:
    desk = Desk(RUNNING, STOPPED, InstanceSpec("third"))
    event_id = announced(desk)
    first, second, third = desk.ids()

    def ids(**parameters: str | tuple[str, ...]) -> list[str]:
        return [each["InstanceId"] for each in full(desk, **parameters)]

    assert ids(InstanceId=(second, "i-gone")) == [second]
    assert ids(Status="Running") == [first, third]
    assert ids(HealthStatus="Ok") == [third]
    assert ids(EventId=(event_id,)) == ids(EventType=REBOOT.value) == [first]
    assert ids(InstanceEventType=(EventType.FAILURE_STOP.value,)) == []
    assert ids(NotBefore__Start=iso(desk, hours=1), NotBefore__End=iso(desk, hours=3)) == [first]
    assert ids(NotBefore__Start=iso(desk, hours=3)) == []
    assert ids(EventPublishTime__End=iso(desk, hours=-1)) == []


def test_history_is_filtered_and_shows_what_is_outstanding_only_when_asked() -> None:
    desk = Desk(RUNNING)
    event_id = announced(desk)

    def ids(**parameters: str | tuple[str, ...]) -> list[str]:
        return [each["EventId"] for each in history(desk, **parameters)]

    assert ids() == ids(EventCycleStatus="Executed") == []
    assert ids(InstanceEventCycleStatus=("Scheduled", "Executing")) == [event_id]
    assert ids(EventCycleStatus="Scheduled", InstanceId=desk.instance_id) == [event_id]
    assert ids(EventCycleStatus="Scheduled", ResourceId=("i-other",)) == []
    assert ids(EventCycleStatus="Scheduled", RegionId="cn-shanghai") == []


@pytest.mark.parametrize(
    ("action", "parameters", "code"),
    [
        ("DescribeInstancesFullStatus", {"HealthStatus": "Fine"}, "InvalidParameter"),
        ("DescribeInstancesFullStatus", {"Status": "Asleep"}, "InvalidStatus.NotFound"),
        ("DescribeInstancesFullStatus", {"EventType": "Flood"}, "InvalidParameter"),
        ("DescribeInstancesFullStatus", {"NotBefore__Start": "soon"}, "InvalidParameter"),
        ("DescribeInstanceHistoryEvents", {"EventCycleStatus": "Odd"}, "InvalidParameter"),
        ("DescribeInstanceHistoryEvents", {"ResourceType": "ddh"}, "UnsupportedParameter"),
        ("DescribeInstanceHistoryEvents", {"ImpactLevel": "1"}, "UnsupportedParameter"),
    ],
)
def test_a_wrong_question_about_events_is_refused(
    action: str, parameters: dict[str, str], code: str
) -> None:
    assert Desk(RUNNING).refusal(action, **parameters) == (
        404 if code.endswith("NotFound") else 400,
        code,
    )


def test_events_are_empty_without_permission() -> None:
    desk = Desk(RUNNING)
    announced(desk)
    nobody = Caller(
        authorizer=Policy(
            {"Version": "1", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
        )
    )

    answers = [
        desk.ask("DescribeInstancesFullStatus", nobody)["InstanceFullStatusSet"],
        desk.ask("DescribeInstanceHistoryEvents", nobody, EventCycleStatus="Scheduled")[
            "InstanceSystemEventSet"
        ],
    ]

    assert answers == [{"InstanceFullStatusType": []}, {"InstanceSystemEventType": []}]


def test_events_outlive_the_process() -> None:
    desk = Desk(RUNNING)
    announced(desk)
    saved = desk.ecs.save()

    clock = ManualClock()
    again = Ecs.restored(saved, clock)
    clock.advance(timedelta(hours=3))

    asked = {"RegionId": "cn-hangzhou"}
    (event,) = again.call("DescribeInstanceHistoryEvents", asked, Caller())[
        "InstanceSystemEventSet"
    ]["InstanceSystemEventType"]
    assert event["EventCycleStatus"]["Name"] == "Executed"


def test_an_event_waits_for_an_instance_that_is_on_its_way() -> None:
    desk = Desk(RUNNING)
    announced(desk, hours=1)
    desk.pass_time(3598)
    desk.ask("RebootInstance", InstanceId=desk.instance_id)
    desk.pass_time(2)
    rebooting = history(desk)
    desk.pass_time(60)

    (event,) = history(desk)
    assert rebooting == []
    assert event["EventCycleStatus"]["Name"] == "Executed"
    assert event["EventFinishTime"] > "2026-11-23T11:00:00Z"
    assert desk.instance.started_at > desk.clock.now() - timedelta(seconds=62)
