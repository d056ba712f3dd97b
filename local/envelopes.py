"""Any request in any trigger's envelope: the opposite of reading an event.

Tests send every function's request by every trigger with it, and a person gets an event to paste.
The shapes are those of "Trigger event formats" (Function Compute docs); accounts, topics and
addresses are made up. The same request at the same time gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from types import MappingProxyType

Request = Mapping[str, object]
Envelope = Callable[[Request, datetime], bytes]

ACCOUNT_ID = "1234567890123456"
REGION = "cn-hangzhou"
TOPIC = "curfew"


def timer(request: Request, sent_at: datetime) -> bytes:
    """A timer: the payload is always text."""
    return _json(
        {
            "triggerTime": _seconds(sent_at),
            "triggerName": "evening",
            "payload": _text(request),
        }
    )


def mns_topic_json(request: Request, sent_at: datetime) -> bytes:
    """An MNS topic whose subscription has ``notifyContentFormat`` JSON."""
    return _mns_topic_json(_text(request), sent_at)


def mns_topic_json_base64(request: Request, sent_at: datetime) -> bytes:
    """The same, the body encoded by the publisher."""
    return _mns_topic_json(_base64(_text(request)), sent_at)


def mns_topic_json_attributes(request: Request, sent_at: datetime) -> bytes:
    """The same as plain JSON, with message attributes: they stand beside the envelope's fields."""
    envelope = json.loads(mns_topic_json(request, sent_at))
    return _json({**envelope, "pipeline": "4711", "source": "ci", "specversion": "1.0"})


def mns_topic_stream(request: Request, sent_at: datetime) -> bytes:
    """An MNS topic with the default format STREAM: the body alone, without any time."""
    return direct(request, sent_at)


def mns_topic_stream_base64(request: Request, _sent_at: datetime) -> bytes:
    """The same, encoded by the publisher."""
    return _base64(_text(request)).encode()


def mns_topic_stream_attributes(request: Request, _sent_at: datetime) -> bytes:
    """STREAM with message attributes."""
    return _json({"body": _text(request), "attrs": {"Extend": '{"pipeline":"4711"}'}})


def eventbridge(request: Request, sent_at: datetime) -> bytes:
    """EventBridge, source MNS queue, ``IsBase64Decode`` true."""
    return _json(_mns_queue(_text(request), request, sent_at))


def eventbridge_base64(request: Request, sent_at: datetime) -> bytes:
    """EventBridge, source MNS queue, ``IsBase64Decode`` false and an encoding publisher."""
    return _json(_mns_queue(_base64(_text(request)), request, sent_at))


def eventbridge_list(request: Request, sent_at: datetime) -> bytes:
    """EventBridge by event streaming: a list, even of one."""
    return _json([_mns_queue(_text(request), request, sent_at)])


def eventbridge_object(request: Request, sent_at: datetime) -> bytes:
    """An event that an application put on a custom bus: the data is the request."""
    return _json(_cloud_event("curfew:Request", "ci.example", dict(request), sent_at))


def eventbridge_raw(request: Request, sent_at: datetime) -> bytes:
    """EventBridge with the schema RawData: the MNS queue's data alone."""
    return _json(_mns_queue(_text(request), request, sent_at)["data"])


def rocketmq(request: Request, sent_at: datetime) -> bytes:
    """EventBridge, source RocketMQ."""
    data = {key: value for key, value in _rocketmq_message(request).items() if key != "msgId"}
    return _json(_cloud_event("mq:Topic:SendMessage", "RocketMQ-curfew-topic", data, sent_at))


def rocketmq_list(request: Request, _sent_at: datetime) -> bytes:
    """A self-built RocketMQ by event streaming: a list of bare messages."""
    return _json([_rocketmq_message(request)])


def rabbitmq(request: Request, sent_at: datetime) -> bytes:
    """EventBridge, source RabbitMQ."""
    data = {
        "envelope": {"deliveryTag": 98, "exchange": "", "redeliver": False, "routingKey": TOPIC},
        "body": dict(request),
        "props": {"contentEncoding": "UTF-8", "messageId": _id(request)},
    }
    return _json(_cloud_event("amqp:Queue:SendMessage", "RabbitMQ-curfew-queue", data, sent_at))


def kafka(request: Request, sent_at: datetime) -> bytes:
    """EventBridge, source Kafka, by event streaming: a list."""
    event = _cloud_event("alikafka:Topic:Message", "Kafka-curfew-topic", {}, sent_at)
    return _json([{**event, "data": _kafka_data(request, sent_at)}])


def kafka_raw(request: Request, sent_at: datetime) -> bytes:
    """Kafka with the schema RawData: a list of bare records, each with its time."""
    return _json([_kafka_data(request, sent_at)])


def mqtt_list(request: Request, _sent_at: datetime) -> bytes:
    """EventBridge, source MQTT, by event streaming: a list of bare messages."""
    props = {"firstTopic": TOPIC, "secondTopic": "requests", "clientId": "GID_ci@@@runner"}
    return _json([{"props": props, "body": _text(request)}])


def http(request: Request, sent_at: datetime) -> bytes:
    """An HTTP trigger, the body as text."""
    return _http(_text(request), sent_at, is_base64=False)


def http_base64(request: Request, sent_at: datetime) -> bytes:
    """An HTTP trigger, the body in base64, as for content types that are not text."""
    return _http(_base64(_text(request)), sent_at, is_base64=True)


def direct(request: Request, _sent_at: datetime) -> bytes:
    """The bare request, as typed in the console: no envelope."""
    return _text(request).encode()


ENVELOPES: Mapping[str, Envelope] = MappingProxyType(
    {
        envelope.__name__: envelope
        for envelope in (
            timer,
            mns_topic_json,
            mns_topic_json_base64,
            mns_topic_json_attributes,
            mns_topic_stream,
            mns_topic_stream_base64,
            mns_topic_stream_attributes,
            eventbridge,
            eventbridge_base64,
            eventbridge_list,
            eventbridge_object,
            eventbridge_raw,
            rocketmq,
            rocketmq_list,
            rabbitmq,
            kafka,
            kafka_raw,
            mqtt_list,
            http,
            http_base64,
            direct,
        )
    }
)
"""Every envelope by its name: a request and the time at which it was sent, to an event's bytes."""


def _mns_topic_json(body: str, sent_at: datetime) -> bytes:
    digest = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest().upper()
    return _json(
        {
            "TopicOwner": ACCOUNT_ID,
            "Message": body,
            "Subscriber": ACCOUNT_ID,
            "PublishTime": _milliseconds(sent_at),
            "SubscriptionName": "curfew-function",
            "MessageMD5": digest,
            "TopicName": TOPIC,
            "MessageId": uuid.uuid5(uuid.NAMESPACE_OID, body).hex.upper(),
        }
    )


def _mns_queue(body: str, request: Request, sent_at: datetime) -> dict[str, object]:
    data = {
        "requestId": _id(request).replace("-", "")[:24].upper(),
        "messageId": _id(request).replace("-", "").upper(),
        "messageBody": body,
    }
    return {
        **_cloud_event("mns:Queue:SendMessage", "MNS-curfew-queue", data, sent_at),
        "subject": f"acs:mns:{REGION}:{ACCOUNT_ID}:queues/{TOPIC}",
    }


def _cloud_event(kind: str, source: str, data: object, sent_at: datetime) -> dict[str, object]:
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind} {_text(data)}")),
        "source": source,
        "specversion": "1.0",
        "type": kind,
        "datacontenttype": "application/json; charset=utf-8",
        "time": _seconds(sent_at),
        "aliyunaccountid": ACCOUNT_ID,
        "aliyunpublishtime": _seconds(sent_at),
        "aliyunoriginalaccountid": ACCOUNT_ID,
        "aliyuneventbusname": source,
        "aliyunregionid": REGION,
        "aliyunpublishaddr": "192.0.2.10",
        "data": data,
    }


def _rocketmq_message(request: Request) -> dict[str, object]:
    message_id = _id(request).replace("-", "").upper()
    return {
        "msgId": message_id,
        "topic": TOPIC,
        "systemProperties": {"KEYS": "pipeline-4711", "TAGS": "curfew", "UNIQ_KEY": message_id},
        "userProperties": {},
        "body": _text(request),
    }


def _kafka_data(request: Request, sent_at: datetime) -> dict[str, object]:
    return {
        "topic": TOPIC,
        "partition": 3,
        "offset": 1907,
        "timestamp": _milliseconds(sent_at),
        "headers": {"headers": [], "isReadOnly": False},
        "key": "pipeline-4711",
        "value": _text(request),
    }


def _http(body: str, sent_at: datetime, *, is_base64: bool) -> bytes:
    host = f"curfew-abcdefghij.{REGION}-vpc.fcapp.run"
    return _json(
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
                "requestId": f"1-{_id({'body': body})}",
                "time": _seconds(sent_at),
                "timeEpoch": str(_milliseconds(sent_at)),
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


def _id(request: Request) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, _text(request)))


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=dict)


def _json(value: object) -> bytes:
    return _text(value).encode()


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _seconds(moment: datetime) -> str:
    utc = moment.astimezone(timezone.utc).replace(microsecond=0, tzinfo=None)
    return f"{utc.isoformat()}Z"


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
