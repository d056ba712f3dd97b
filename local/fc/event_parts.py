"""What several envelopes of ``local.fc.trigger_events`` are made of."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone

ACCOUNT_ID = "1234567890123456"
REGION = "cn-hangzhou"
TOPIC = "curfew"


def topic_message(body: str, sent_at: datetime) -> bytes:
    """An MNS topic's message as ``notifyContentFormat`` JSON sends it."""
    digest = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest().upper()
    return bytes_of(
        {
            "TopicOwner": ACCOUNT_ID,
            "Message": body,
            "Subscriber": ACCOUNT_ID,
            "PublishTime": milliseconds(sent_at),
            "SubscriptionName": "curfew-function",
            "MessageMD5": digest,
            "TopicName": TOPIC,
            "MessageId": uuid.uuid5(uuid.NAMESPACE_OID, body).hex.upper(),
        }
    )


def queue_message(body: str, request: Mapping[str, object], sent_at: datetime) -> dict[str, object]:
    """EventBridge's event of an MNS queue's message."""
    data = {
        "requestId": id_of(request).replace("-", "")[:24].upper(),
        "messageId": id_of(request).replace("-", "").upper(),
        "messageBody": body,
    }
    return {
        **cloud_event("mns:Queue:SendMessage", "MNS-curfew-queue", data, sent_at),
        "subject": f"acs:mns:{REGION}:{ACCOUNT_ID}:queues/{TOPIC}",
    }


def cloud_event(kind: str, source: str, data: object, sent_at: datetime) -> dict[str, object]:
    """An event of EventBridge around its data."""
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind} {text_of(data)}")),
        "source": source,
        "specversion": "1.0",
        "type": kind,
        "datacontenttype": "application/json; charset=utf-8",
        "time": seconds(sent_at),
        "aliyunaccountid": ACCOUNT_ID,
        "aliyunpublishtime": seconds(sent_at),
        "aliyunoriginalaccountid": ACCOUNT_ID,
        "aliyuneventbusname": source,
        "aliyunregionid": REGION,
        "aliyunpublishaddr": "192.0.2.10",
        "data": data,
    }


def rocketmq_message(request: Mapping[str, object]) -> dict[str, object]:
    """A message of a self-built RocketMQ."""
    message_id = id_of(request).replace("-", "").upper()
    return {
        "msgId": message_id,
        "topic": TOPIC,
        "systemProperties": {"KEYS": "pipeline-4711", "TAGS": "curfew", "UNIQ_KEY": message_id},
        "userProperties": {},
        "body": text_of(request),
    }


def kafka_record(request: Mapping[str, object], sent_at: datetime) -> dict[str, object]:
    """A record of Kafka."""
    return {
        "topic": TOPIC,
        "partition": 3,
        "offset": 1907,
        "timestamp": milliseconds(sent_at),
        "headers": {"headers": [], "isReadOnly": False},
        "key": "pipeline-4711",
        "value": text_of(request),
    }


def http_event(body: str, sent_at: datetime, *, is_base64: bool) -> bytes:
    """An HTTP trigger's event."""
    host = f"curfew-abcdefghij.{REGION}-vpc.fcapp.run"
    return bytes_of(
        {
            "version": "v1",
            "rawPath": "/",
            "headers": {"Content-Type": "application/json", "Host": host},
            "queryParameters": {},
            "body": body,
            "isBase64Encoded": is_base64,
            "requestContext": {
                "accountId": ACCOUNT_ID,
                "domainName": host,
                "domainPrefix": host.split(".", maxsplit=1)[0],
                "requestId": f"1-{id_of({'body': body})}",
                "time": seconds(sent_at),
                "timeEpoch": str(milliseconds(sent_at)),
                "http": {
                    "method": "POST",
                    "path": "/",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.20",
                    "userAgent": "curl/8.5.0",
                },
            },
        }
    )


def id_of(request: Mapping[str, object]) -> str:
    """An id: the same for the same request."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, text_of(request)))


def text_of(value: object) -> str:
    """A value as JSON text."""
    return json.dumps(value, ensure_ascii=False, default=dict)


def bytes_of(value: object) -> bytes:
    """A value as the bytes of JSON."""
    return text_of(value).encode()


def base64_of(text: str) -> str:
    """What a text is in base64."""
    return base64.b64encode(text.encode()).decode()


def seconds(moment: datetime) -> str:
    """A time as RFC 3339 text in UTC, without fractions of a second."""
    utc = moment.astimezone(timezone.utc).replace(microsecond=0, tzinfo=None)
    return f"{utc.isoformat()}Z"


def milliseconds(moment: datetime) -> int:
    """A time in milliseconds since 1970."""
    return int(moment.timestamp() * 1000)
