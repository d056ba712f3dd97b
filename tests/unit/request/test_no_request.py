"""Events that carry no request: each is told whose it is, and where a request would stand."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from shared.base.errors import InvalidEvent
from shared.request.no_request import REQUEST_FIELDS, SURE_FIELDS
from shared.request.request import decode
from shared.request.triggers import Message, parse
from tests.harness.actions import ACTIONS

EXAMPLE = '{"instance_ids": ["i-bp1example"]}'
NO_PLACE = (
    "carries no request and has no place for one. Use a timer (request in its payload), an MNS "
    "topic (in the message) or an HTTP trigger (in the body)"
)
TEMPLATE = f"carries no request. Have the rule's target send it by a template, like {EXAMPLE}"
SCHEDULE = (
    "this EventBridge schedule event carries no request. Write it as the schedule's UserData, or "
    f"have the rule's target send it by a template, like {EXAMPLE}"
)
LOG = (
    "this Log Service trigger event carries no request. Write it as the trigger's function "
    f"parameter (functionParameter), like {EXAMPLE}"
)
CONSOLE = f"this console sample carries no request. Replace the sample with it, like {EXAMPLE}"
ECS_DATA = {"resourceId": "i-bp1", "resourceType": "ALIYUN::ECS::Instance", "state": "Running"}
LOGS = {"source": {"logstoreName": "ci"}, "jobName": "1f70", "taskId": "c2", "cursorTime": 1}
SCHEDULE_DATA = {"TimeZone": "GMT+8:00", "Schedule": "0 */10 * * * *"}
DTS_DATA = {
    "id": 3218099,
    "topicPartition": {"hash": 0, "partition": 0, "topic": "cn_hangzhou_rm_1"},
    "offset": 3218099,
    "sourceTimestamp": 1654847757,
    "operationType": "UPDATE",
    "schema": {"databaseName": "ci", "tableName": "runners"},
    "beforeImage": {"size": 45},
    "afterImage": {"size": 47},
}


def cloud_event(kind: str, source: str, data: object) -> dict[str, object]:
    return {"id": "c3d4", "source": source, "specversion": "1.0", "type": kind, "data": data}


def error_of(event: object) -> str:
    with pytest.raises(InvalidEvent) as caught:
        parse(json.dumps(event))
    return str(caught.value)


@pytest.mark.parametrize(
    ("event", "error"),
    [
        # "Trigger event formats" (Function Compute docs).
        pytest.param(
            {"events": [{"eventName": "ObjectCreated:PutObject", "eventSource": "acs:oss"}]},
            f"event: this OSS event {NO_PLACE}",
            id="oss",
        ),
        pytest.param(
            {"events": [{"eventName": "LogFileCreated", "eventSource": "cdn", "region": "r"}]},
            f"event: this CDN event {NO_PLACE}",
            id="cdn",
        ),
        pytest.param(
            {"events": [{"eventSource": "acs:new"}]},
            f"event: this 'acs:new' event {NO_PLACE}",
            id="another-service-of-that-form",
        ),
        pytest.param({"parameter": {}, **LOGS}, f"parameter: it is empty; {LOG}", id="log"),
        pytest.param({"parameter": "", **LOGS}, f"parameter: it is empty; {LOG}", id="log-text"),
        pytest.param(LOGS, f"parameter: it is missing; {LOG}", id="log-without-parameter"),
        pytest.param(
            {"Version": "Sync-v1", "Records": [{"Type": "PutRow", "PrimaryKey": []}]},
            f"event: this Tablestore event {NO_PLACE}",
            id="tablestore",
        ),
        pytest.param(
            cloud_event("dts:ConsumeMessage", "acs:dts", DTS_DATA),
            f"data: this DTS event (EventBridge event 'dts:ConsumeMessage') {TEMPLATE}",
            id="dts",
        ),
        pytest.param(DTS_DATA, f"event: this DTS event {NO_PLACE}", id="dts-raw"),
        # "DataHub triggers" of Function Compute 2.0.
        pytest.param(
            {"eventSource": "acs:datahub", "eventName": "acs:datahub:putRecord", "records": []},
            f"event: this DataHub event {NO_PLACE}",
            id="datahub",
        ),
        # "ECS events", "OSS events", "ActionTrail events" (EventBridge docs).
        pytest.param(
            cloud_event("ecs:Instance:StateChange", "acs.ecs", ECS_DATA),
            f"data: this ECS event (EventBridge event 'ecs:Instance:StateChange') {TEMPLATE}",
            id="ecs",
        ),
        pytest.param(ECS_DATA, f"event: this ECS event {NO_PLACE}", id="ecs-raw"),
        pytest.param(
            cloud_event("ecs:Disk:Stalled", "acs.ecs", {"name": "Disk:Stalled", "tags": []}),
            f"data: this EventBridge event 'ecs:Disk:Stalled' {TEMPLATE}",
            id="ecs-with-fields-that-are-called-as-a-requests",
        ),
        pytest.param(
            cloud_event("oss:ObjectCreated:PutObject", "acs.oss", {"eventSource": "acs:oss"}),
            f"data: this EventBridge event 'oss:ObjectCreated:PutObject' {TEMPLATE}",
            id="oss-by-eventbridge",
        ),
        pytest.param(
            cloud_event("ecs:ActionTrail:Api", "acs.ecs", {"eventRW": "W", "eventName": "S"}),
            f"data: this ActionTrail event (EventBridge event 'ecs:ActionTrail:Api') {TEMPLATE}",
            id="actiontrail",
        ),
        pytest.param(
            cloud_event("", "acs.ecs", {"value": 5}),
            f"data: this EventBridge event {TEMPLATE}",
            id="service-without-a-type",
        ),
        # "Subscribe to event notifications" and alert callbacks (CloudMonitor docs).
        pytest.param(
            {"product": "ECS", "name": "Instance:StateChange", "content": ECS_DATA},
            f"event: this CloudMonitor event {NO_PLACE}",
            id="cloudmonitor",
        ),
        pytest.param(
            {"alertName": "cpu", "alertState": "ALERT", "metricName": "cpu_total"},
            f"event: this CloudMonitor event {NO_PLACE}",
            id="cloudmonitor-alert",
        ),
        # "Create a custom event source of the time trigger type" (EventBridge docs).
        pytest.param(
            cloud_event("eventbridge:Events:ScheduledEvent", "night.schedule", SCHEDULE_DATA),
            f"data: {SCHEDULE}",
            id="schedule",
        ),
        pytest.param(
            cloud_event("eventbridge:Events:ScheduledEvent", "night", {"Schedule": "@every 5m"}),
            f"data: {SCHEDULE}",
            id="schedule-without-a-zone",
        ),
        pytest.param(
            cloud_event(
                "eventbridge:Events:ScheduledEvent", "night", {**SCHEDULE_DATA, "UserData": ""}
            ),
            f"data: {SCHEDULE}",
            id="schedule-with-empty-user-data",
        ),
        pytest.param(
            cloud_event("eventbridge:Events:ScheduledEvent", "night", {}),
            f"data: {SCHEDULE}",
            id="schedule-without-data",
        ),
        pytest.param(
            cloud_event("eventbridge:Events:ScheduledEvent", "night", None),
            f"data: it is missing; {SCHEDULE}",
            id="schedule-with-no-data",
        ),
        pytest.param(SCHEDULE_DATA, f"event: {SCHEDULE}", id="schedule-raw"),
        pytest.param(
            cloud_event(
                "eventbridge:Events:HTTPEvent", "ci", {"httpMethod": "GET", "queryString": {}}
            ),
            "data.body: it is missing; this EventBridge webhook event carries no request. POST "
            f"it as the body (a query string is not read), like {EXAMPLE}",
            id="webhook-that-was-got",
        ),
        pytest.param(
            cloud_event("ui:Created:PostObject", "my.event", {"scope": 100, "instance_id": "i-1"}),
            "data: it has 'scope, instance_id', which is not a field of a request; this "
            "EventBridge event carries no request. Write one into data, or have the rule's target "
            "send it by a template",
            id="event-of-an-application",
        ),
        pytest.param(
            {"key1": "value1", "key2": "value2", "key3": "value3"},
            f"event: {CONSOLE}",
            id="console",
        ),
        pytest.param({"key": "value"}, f"event: {CONSOLE}", id="console-short"),
        pytest.param(
            {
                "triggerTime": "2026-11-20T12:00:00Z",
                "triggerName": "t",
                "payload": '{"key": "val"}',
            },
            f"payload: {CONSOLE}",
            id="console-sample-in-a-timer",
        ),
        pytest.param(
            {
                "TopicName": "t",
                "PublishTime": 1795699460000,
                "Message": json.dumps({"events": [{"eventSource": "acs:oss"}]}),
            },
            f"Message: this OSS event {NO_PLACE}",
            id="oss-by-a-topic",
        ),
        pytest.param(
            {
                "timestamp": 1795699460000,
                "requestContext": {"condition": "FunctionError"},
                "requestPayload": "",
            },
            "requestPayload: it is empty; this failure destination record carries no request. Send "
            f"the event that failed in its requestPayload, like {EXAMPLE}",
            id="record-of-nothing",
        ),
    ],
)
def test_an_event_without_a_request_says_whose_it_is_and_where_one_would_stand(
    event: object, error: str
) -> None:
    assert error_of(event) == error
    assert len(error) < 300


def test_an_event_of_tablestore_is_told_though_it_is_not_json() -> None:
    # "Tablestore triggers" (Function Compute docs): CBOR, a map of Version and Records.
    event = b"\xa2gVersiongSync-v1gRecords\x81\xa1dTypefPutRow"

    with pytest.raises(InvalidEvent) as caught:
        parse(event)

    assert str(caught.value) == f"event: this Tablestore event {NO_PLACE}"


@pytest.mark.parametrize("event", [b"\xa2", b"\xa2\xff", b"\x81gRecords", b"\xe9 Records"])
def test_other_bytes_are_not_taken_for_tablestores(event: bytes) -> None:
    with pytest.raises(InvalidEvent, match="not UTF-8"):
        parse(event)


def test_in_a_list_each_is_told_beside_the_others() -> None:
    request = {"tags": {"team": "dev"}}
    listed = parse(json.dumps([DTS_DATA, request, json.dumps({"scope": 100})]))

    dts, read, other = listed.messages
    assert str(dts) == f"[0] event: this DTS event (EventBridge event) {TEMPLATE}"
    assert isinstance(read, Message)
    assert read.request == request
    assert str(other).startswith(
        "[2] event: it has 'scope', which is not a field of a request; this EventBridge"
    )


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param({"dry_run": True}, id="that-selects-nothing"),
        pytest.param({"shedule": "weekdays"}, id="misspelt"),
        pytest.param({"key1": "value1", "tags": {"team": "dev"}}, id="with-a-field-too-many"),
        pytest.param({"events": []}, id="with-something-else"),
        pytest.param({}, id="empty"),
    ],
)
def test_what_may_be_a_request_is_left_to_the_function(request_: dict[str, object]) -> None:
    (read,) = parse(json.dumps(request_)).messages

    assert isinstance(read, Message)
    assert read.request == request_


def test_a_request_that_a_template_put_in_place_of_a_services_data_is_one() -> None:
    request = {"action": "stop", "tags": {"team": "dev"}}

    (read,) = parse(
        json.dumps(cloud_event("ecs:Instance:StateChange", "acs.ecs", request))
    ).messages

    assert isinstance(read, Message)
    assert read.request == request


def test_the_fields_of_every_functions_request_are_known_as_such() -> None:
    fields = {
        field for action in ACTIONS.values() for field in action.request.__struct_encode_fields__
    }

    assert fields
    assert fields - REQUEST_FIELDS == set()
    assert SURE_FIELDS < REQUEST_FIELDS


def test_an_object_with_no_field_of_a_request_is_told_where_one_stands() -> None:
    """Nobody can name every service; a request that is misspelt is told its own fields."""
    alert = {"receiver": "ops", "status": "firing", "alerts": [{"status": "firing"}]}

    assert told(alert) == (
        "'receiver' is not a field of this request. Nor is any other of its fields: an event of "
        "another service carries no request. Use a timer (request in its payload), an MNS topic "
        "(in the message) or an HTTP trigger (in the body)."
    )
    assert told({**alert, "instance_ids": ["i-1"]}).startswith(
        "'receiver' is not a field of this request. This function knows instance_ids, "
    )
    assert told({"dryrun": True, "tagz": {}}).endswith("Did you mean dry_run?")


def told(request: Mapping[str, object]) -> str:
    with pytest.raises(InvalidEvent) as caught:
        decode(ACTIONS["stop"].request, request, "stop")
    return str(caught.value)
