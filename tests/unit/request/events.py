"""One event of every trigger, to be changed, and what a request in it means."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timezone

from shared.request.triggers import Message, Trigger

REQUEST = {"action": "stop", "tags": {"team": "dev"}}
BODY = json.dumps(REQUEST)
BODY_BASE64 = base64.b64encode(BODY.encode()).decode()
SENT_AT = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
SENT_AT_MS = int(SENT_AT.timestamp() * 1000)
EXAMPLE = '{"instance_ids": ["i-bp1example"]}'
RIGHT = f"a request is a JSON object like {EXAMPLE}"
TIMER = {"triggerTime": "2026-11-20T12:00:00Z", "triggerName": "evening", "payload": BODY}
MNS_TOPIC = {
    "TopicOwner": "1234567890123456",
    "Message": BODY,
    "Subscriber": "1234567890123456",
    "PublishTime": SENT_AT_MS,
    "SubscriptionName": "curfew",
    "MessageMD5": "0" * 32,
    "TopicName": "curfew",
    "MessageId": "A1B2",
}
CLOUD_EVENT = {
    "id": "c3d4",
    "source": "MNS-release-queue",
    "specversion": "1.0",
    "type": "mns:Queue:SendMessage",
    "time": "2026-11-20T20:00:00+08:00",
    "aliyunpublishtime": "2026-11-20T12:00:05.123Z",
}
MNS_DATA = {"requestId": "E5", "messageId": "F6", "messageBody": BODY}
KAFKA_DATA = {"topic": "ci", "partition": 0, "offset": 1, "timestamp": SENT_AT_MS, "value": BODY}
HTTP = {
    "version": "v1",
    "rawPath": "/",
    "headers": {},
    "queryParameters": {"dry_run": "true"},
    "body": BODY,
    "isBase64Encoded": False,
    "requestContext": {"requestId": "1-g7", "time": "2020-01-01T00:00:00Z"},
}
GATEWAY = {
    "path": "/curfew",
    "httpMethod": "POST",
    "headers": {"X-Ca-Api-Gateway": "ABC"},
    "queryParameters": {},
    "pathParameters": {},
    "body": BODY,
    "isBase64Encoded": False,
}


def cloud_event(data: object, **fields: object) -> dict[str, object]:
    return {**CLOUD_EVENT, "data": data, **fields}


def without(envelope: Mapping[str, object], *fields: str) -> dict[str, object]:
    return {key: value for key, value in envelope.items() if key not in fields}


def message(trigger: Trigger, sent_at: datetime | None = SENT_AT, event_id: str = "") -> Message:
    return Message(REQUEST, sent_at, event_id, trigger)
