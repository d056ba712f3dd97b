"""Any request in any trigger's envelope: the reverse of parsing an event.

Tests use it to send every function's request through every trigger, and people to get an event to
paste. The shapes are those of "Trigger event formats", "API Gateway triggers" and "Result callback"
(Function Compute docs) and of "Event sources" (EventBridge docs); accounts, topics and addresses
are made up. The same request at the same time gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from local.fc.event_parts import (
    ACCOUNT_ID,
    REGION,
    TOPIC,
    base64_of,
    bytes_of,
    cloud_event,
    http_event,
    id_of,
    kafka_record,
    milliseconds,
    queue_message,
    rocketmq_message,
    seconds,
    text_of,
    topic_message,
)

Request = Mapping[str, object]
Envelope = Callable[[Request, datetime], bytes]

_RETRIES_TAKE = timedelta(minutes=4)


def timer(request: Request, sent_at: datetime) -> bytes:
    """A timer: the payload is always text."""
    return bytes_of(
        {
            "triggerTime": seconds(sent_at),
            "triggerName": "evening",
            "payload": text_of(request),
        }
    )


def mns_topic_json(request: Request, sent_at: datetime) -> bytes:
    """An MNS topic whose subscription has ``notifyContentFormat`` JSON."""
    return topic_message(text_of(request), sent_at)


def mns_topic_json_base64(request: Request, sent_at: datetime) -> bytes:
    """The same, the body encoded by the publisher."""
    return topic_message(base64_of(text_of(request)), sent_at)


def mns_topic_json_attributes(request: Request, sent_at: datetime) -> bytes:
    """The same as plain JSON, with message attributes, which are beside the envelope's fields."""
    envelope = json.loads(mns_topic_json(request, sent_at))
    return bytes_of({**envelope, "pipeline": "4711", "source": "ci", "specversion": "1.0"})


def mns_topic_to_queue(request: Request, sent_at: datetime) -> bytes:
    """A topic whose subscriber is a queue that EventBridge reads: nested envelopes."""
    body = mns_topic_json(request, sent_at).decode()
    return bytes_of(queue_message(body, request, sent_at))


def mns_topic_stream(request: Request, sent_at: datetime) -> bytes:
    """An MNS topic with the default format STREAM: only the body, without any time."""
    return direct(request, sent_at)


def mns_topic_stream_base64(request: Request, _sent_at: datetime) -> bytes:
    """The same, encoded by the publisher."""
    return base64_of(text_of(request)).encode()


def mns_topic_stream_attributes(request: Request, _sent_at: datetime) -> bytes:
    """STREAM with message attributes."""
    return bytes_of({"body": text_of(request), "attrs": {"Extend": '{"pipeline":"4711"}'}})


def eventbridge(request: Request, sent_at: datetime) -> bytes:
    """EventBridge, source MNS queue, ``IsBase64Decode`` true."""
    return bytes_of(queue_message(text_of(request), request, sent_at))


def eventbridge_base64(request: Request, sent_at: datetime) -> bytes:
    """EventBridge, source MNS queue, ``IsBase64Decode`` false and an encoding publisher."""
    return bytes_of(queue_message(base64_of(text_of(request)), request, sent_at))


def eventbridge_list(request: Request, sent_at: datetime) -> bytes:
    """EventBridge with event streaming: a list, even of one."""
    return bytes_of([queue_message(text_of(request), request, sent_at)])


def eventbridge_object(request: Request, sent_at: datetime) -> bytes:
    """An event that an application put on a custom bus: the data is the request."""
    return bytes_of(cloud_event("curfew:Request", "ci.example", dict(request), sent_at))


def eventbridge_webhook(request: Request, sent_at: datetime) -> bytes:
    """EventBridge's HTTP source: what was posted to its address."""
    data = {
        "headers": {
            "Host": f"{ACCOUNT_ID}.eventbridge.{REGION}.aliyuncs.com",
            "Content-Type": "application/json",
        },
        "path": "/webhook/putEvents",
        "body": dict(request),
        "httpMethod": "POST",
        "queryString": {},
    }
    return bytes_of(cloud_event("eventbridge:Events:HTTPEvent", "ci.webhook", data, sent_at))


def eventbridge_raw(request: Request, sent_at: datetime) -> bytes:
    """EventBridge with the schema RawData: the MNS queue's data alone."""
    return bytes_of(queue_message(text_of(request), request, sent_at)["data"])


def rocketmq(request: Request, sent_at: datetime) -> bytes:
    """EventBridge, source RocketMQ."""
    data = {key: value for key, value in rocketmq_message(request).items() if key != "msgId"}
    return bytes_of(cloud_event("mq:Topic:SendMessage", "RocketMQ-curfew-topic", data, sent_at))


def rocketmq_list(request: Request, _sent_at: datetime) -> bytes:
    """A self-built RocketMQ by event streaming: a list of bare messages."""
    return bytes_of([rocketmq_message(request)])


def rabbitmq(request: Request, sent_at: datetime) -> bytes:
    """EventBridge, source RabbitMQ."""
    data = {
        "envelope": {"deliveryTag": 98, "exchange": "", "redeliver": False, "routingKey": TOPIC},
        "body": dict(request),
        "props": {"contentEncoding": "UTF-8", "messageId": id_of(request)},
    }
    return bytes_of(cloud_event("amqp:Queue:SendMessage", "RabbitMQ-curfew-queue", data, sent_at))


def kafka(request: Request, sent_at: datetime) -> bytes:
    """EventBridge, source Kafka, by event streaming: a list."""
    event = cloud_event("alikafka:Topic:Message", "Kafka-curfew-topic", {}, sent_at)
    return bytes_of([{**event, "data": kafka_record(request, sent_at)}])


def kafka_texts(request: Request, sent_at: datetime) -> bytes:
    """The same as event streaming writes it today: a list of JSON texts."""
    return bytes_of([text_of(event) for event in json.loads(kafka(request, sent_at))])


def kafka_raw(request: Request, sent_at: datetime) -> bytes:
    """Kafka with the schema RawData: a list of bare records, each with its time."""
    return bytes_of([kafka_record(request, sent_at)])


def mqtt_list(request: Request, _sent_at: datetime) -> bytes:
    """EventBridge, source MQTT, by event streaming: a list of bare messages."""
    props = {"firstTopic": TOPIC, "secondTopic": "requests", "clientId": "GID_ci@@@runner"}
    return bytes_of([{"props": props, "body": text_of(request)}])


def http(request: Request, sent_at: datetime) -> bytes:
    """An HTTP trigger, the body as text."""
    return http_event(text_of(request), sent_at, is_base64=False)


def http_base64(request: Request, sent_at: datetime) -> bytes:
    """An HTTP trigger, the body in base64, as for content types that are not text."""
    return http_event(base64_of(text_of(request)), sent_at, is_base64=True)


def async_http(request: Request, sent_at: datetime) -> bytes:
    """An HTTP trigger whose caller does not wait."""
    event = json.loads(http(request, sent_at))
    headers = {**event["headers"], "X-Fc-Invocation-Type": "Async"}
    return bytes_of({**event, "headers": headers})


def api_gateway(request: Request, _sent_at: datetime) -> bytes:
    """API Gateway, whose base64 flag is itself a string."""
    return bytes_of(
        {
            "path": "/curfew",
            "httpMethod": "POST",
            "headers": {"Content-Type": "application/json"},
            "queryParameters": {},
            "pathParameters": {},
            "body": base64_of(text_of(request)),
            "isBase64Encoded": "true",
        }
    )


def log(request: Request, sent_at: datetime) -> bytes:
    """Log Service: the request is the trigger's function parameter."""
    return bytes_of(
        {
            "parameter": dict(request),
            "source": {
                "endpoint": f"http://{REGION}-intranet.log.aliyuncs.com",
                "projectName": "curfew",
                "logstoreName": "ci",
                "shardId": 0,
                "beginCursor": "MTc5NTE3NjAwMDAwMDAwMDAwMA==",
                "endCursor": "MTc5NTE3NjAwMDAwMDAwMDAwMQ==",
            },
            "jobName": "curfew",
            "taskId": id_of(request),
            "cursorTime": int(sent_at.timestamp()),
        }
    )


def failure_destination(request: Request, sent_at: datetime) -> bytes:
    """The record of a failed timer event, sent by the failure destination."""
    return bytes_of(
        {
            "timestamp": milliseconds(sent_at + _RETRIES_TAKE),
            "requestContext": {
                "requestId": f"1-{id_of(request)}",
                "functionArn": f"acs:fc:{REGION}:{ACCOUNT_ID}:functions/curfew",
                "condition": "UnhandledInvocationError",
                "approximateInvokeCount": 4,
            },
            "requestPayload": timer(request, sent_at).decode(),
            "responseContext": {"statusCode": 200, "functionError": "UnhandledInvocationError"},
            "responsePayload": '{"errorType": "Unavailable", "errorMessage": "…"}',
        }
    )


def direct(request: Request, _sent_at: datetime) -> bytes:
    """The bare request, as typed in the console: no envelope."""
    return text_of(request).encode()


ENVELOPES: Mapping[str, Envelope] = MappingProxyType(
    {
        envelope.__name__: envelope
        for envelope in (
            timer,
            mns_topic_json,
            mns_topic_json_base64,
            mns_topic_json_attributes,
            mns_topic_to_queue,
            mns_topic_stream,
            mns_topic_stream_base64,
            mns_topic_stream_attributes,
            eventbridge,
            eventbridge_base64,
            eventbridge_list,
            eventbridge_object,
            eventbridge_webhook,
            eventbridge_raw,
            rocketmq,
            rocketmq_list,
            rabbitmq,
            kafka,
            kafka_texts,
            kafka_raw,
            mqtt_list,
            http,
            http_base64,
            async_http,
            api_gateway,
            log,
            failure_destination,
            direct,
        )
    }
)
"""Every envelope by name: from a request and the time at which it was sent to an event's bytes."""
