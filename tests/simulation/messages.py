"""What is asked in a scenario, and how it is sent: requests, hostile ones, lists, old records."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from local.ecs.fleet.fleet import InstanceSpec
from local.fc.trigger_events import ENVELOPES
from tests.simulation.fleets import SCHEDULE_KEYS
from tests.simulation.hours import IN_CHINA, Days, Hours, days_of

OF_NOW = frozenset(
    {
        "api_gateway",
        "direct",
        "http",
        "http_base64",
        "mns_topic_stream",
        "mns_topic_stream_base64",
        "mns_topic_stream_attributes",
        "eventbridge_raw",
        "rocketmq_list",
        "mqtt_list",
    }
)
"""Triggers whose events have no time: a redelivery is another instant."""

LISTS = ("eventbridge_list", "rocketmq_list", "kafka", "kafka_texts", "kafka_raw", "mqtt_list")
RECORDS = ("kafka", "kafka_raw")
"""Triggers whose messages are records with a time of their own."""
_REPLAYED = ("timer", "mns_topic_json", "eventbridge", "direct")
"""What a failure destination's message may hold here: events that bear their own time, or none."""

Request = Mapping[str, object]


@dataclass(frozen=True)
class Message:
    """One request of an event.

    Attributes:
        request: The JSON object.
        must_be: The class of error that it must end with, whatever ECS shows; "": it is done.
        days: Its days, if it has any.
    """

    request: Request
    must_be: str = ""
    days: Days | None = None


@dataclass(frozen=True)
class Dress:
    """What an event comes in, beyond its trigger's envelope.

    Attributes:
        replayed: It is in the message of a failure destination, sent again as it is.
        texts: The elements of a list are JSON texts.
        old_record: The record is as old as the scenario says, the CloudEvent around it is fresh.
    """

    replayed: bool = False
    texts: bool = False
    old_record: bool = False


PLAIN = Dress()


def event_of(
    messages: Sequence[Message], trigger: str, dress: Dress, times: tuple[datetime, datetime]
) -> bytes:
    """The event as its trigger delivers it; ``times`` are when it was sent, and delivered."""
    sent_at, delivered_at = times
    envelope = ENVELOPES[trigger]
    if trigger not in LISTS:
        event = envelope(messages[0].request, sent_at)
        if not dress.replayed:
            return event
        return _replayed(event, sent_at if trigger in OF_NOW else delivered_at)
    items = [json.loads(envelope(one.request, sent_at))[0] for one in messages]
    if dress.old_record:
        items = [_freshened(one, delivered_at) for one in items]
    return json.dumps([json.dumps(one) for one in items] if dress.texts else items).encode()


def _freshened(record: dict[str, Any], delivered_at: datetime) -> dict[str, Any]:
    """An old record under the time of a CloudEvent that was made when it was read again."""
    if "specversion" not in record:
        return record
    fresh = f"{delivered_at:%Y-%m-%dT%H:%M:%SZ}"
    return {**record, "time": fresh, "aliyunpublishtime": fresh}


def _replayed(event: bytes, failed_at: datetime) -> bytes:
    """A failure destination's message ("Destinations", Function Compute docs)."""
    record = {
        "timestamp": int(failed_at.timestamp() * 1000),
        "requestContext": {
            "requestId": "1-replayed",
            "functionArn": "acs:fc:cn-hangzhou:1234567890123456:functions/curfew",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 4,
        },
        "requestPayload": event.decode(),
        "responseContext": {"statusCode": 200, "functionError": "Unavailable"},
        "responsePayload": "{}",
    }
    return json.dumps(record).encode()


@dataclass(frozen=True)
class Asking:
    """Whom and where requests are about, and when they are of use."""

    function: str
    regions: Sequence[str]
    fleet: Sequence[InstanceSpec]
    hours: Hours = IN_CHINA


def messages_of(seed: int, asking: Asking) -> tuple[tuple[Message, ...], str, Dress]:
    """The messages of a seed, their trigger and dress; most scenarios have one and it is honest."""
    dice = Random(f"{seed} messages")  # noqa: S311  # a scenario, not a secret
    trigger = dice.choice(tuple(ENVELOPES))
    count = dice.choice((2, 3, 4)) if dice.random() < 0.1 else 1
    if count > 1:
        trigger = dice.choice(LISTS)
    dress = PLAIN
    if dice.random() < 0.08:
        dress = dice.choice((Dress(replayed=True), Dress(texts=True), Dress(old_record=True)))
        trigger = _trigger_for(dice, dress, trigger)
    narrow = Random(f"{seed} narrowing")  # noqa: S311  # a scenario, not a secret
    messages = tuple(
        Message({**request, **_narrowing(narrow, asking, request)})
        for request in (_request(dice, asking) for _ in range(count if trigger in LISTS else 1))
    )
    own = Random(f"{seed} days")  # noqa: S311  # a scenario, not a secret
    messages = tuple(_with_days(own, one, asking) for one in messages)
    if dice.random() < 0.08:
        at = dice.randrange(len(messages))
        messages = (*messages[:at], _hostile(dice, messages[at], asking), *messages[at + 1 :])
    return messages, trigger, dress


def _trigger_for(dice: Random, dress: Dress, trigger: str) -> str:
    if dress.replayed:
        return dice.choice(_REPLAYED)
    if dress.old_record:
        return dice.choice(RECORDS)
    lists = [one for one in LISTS if not one.endswith("_texts")]
    return trigger if trigger in lists else dice.choice(lists)


def _request(dice: Random, asking: Asking) -> Request:
    function = asking.function
    request: dict[str, object] = {
        "regions": list(asking.regions),
        **_selection(dice, asking.fleet),
    }
    if function == "release" or dice.random() < 0.15:
        request["dry_run"] = dice.random() < 0.15
    if function in {"stop", "release"} and dice.random() < 0.4:
        request["force"] = dice.random() < 0.7
    if function in {"stop", "start"} and dice.random() < 0.3:
        request["wait"] = dice.random() < 0.5
    if function == "stop" and dice.random() < 0.5:
        request["stopped_mode"] = dice.choice(("StopCharging", "StopCharging", "KeepCharging"))
    if function == "release":
        request |= _of_release(dice)
    if function == "describe" and dice.random() < 0.3:
        request["prices"] = True
    if function == "set_auto_release":
        request |= dice.choice(_RELEASE_TIMES)
        request["if_set"] = dice.choice(("replace", "replace", "keep", "earlier", "later"))
    if function == "apply_schedule":
        request |= _by_schedule(dice, asking, request)
    return request


def _of_release(dice: Random) -> dict[str, object]:
    """What a request of release says of its snapshots."""
    stated: dict[str, object] = {}
    if dice.random() < 0.35:
        stated["snapshot"] = dice.random() < 0.3
    if dice.random() < 0.4:
        stated["snapshot_retention_days"] = dice.choice((1, 8, 365))
    return stated


def _by_schedule(dice: Random, asking: Asking, request: Request) -> dict[str, object]:
    """What a request of apply_schedule says of its own."""
    stated: dict[str, object] = {}
    named = [key for key, one in asking.hours.specs.items() if one.kind != "unreadable"]
    if dice.random() < 0.5:
        stated["schedule"] = dice.choice(named)
    if dice.random() < 0.25:
        stated["enforced"] = dice.random() < 0.8
    if dice.random() < 0.4:
        stated["stopped_mode"] = dice.choice(("StopCharging", "StopCharging", "KeepCharging"))
    if "tags" in request and dice.random() < 0.5:
        stated["tags"] = {SCHEDULE_KEYS[0]: "*"}
    if dice.random() < 0.1:
        stated |= {"dry_run": True, "at": dice.choice(_PLANNED_FOR)}
    return stated


_PLANNED_FOR = ("2026-11-20T20:30:00+08:00", "2026-11-21T09:00:00Z", "2026-11-20T12:00:00Z")


_RELEASE_TIMES: tuple[dict[str, object], ...] = (
    {"release_after": "2h"},
    {"release_after": "2h"},
    {"release_after": "30m"},
    {"release_at": "2026-11-21T00:30:00Z"},
    {"release_at": "2026-11-21T08:30:00+08:00"},
    {"release_at": "2026-11-20T12:33:00Z"},
)
"""Among them such as come too near while the scenario goes on."""


def _selection(dice: Random, fleet: Sequence[InstanceSpec]) -> dict[str, object]:
    way = dice.random()
    if way < 0.3:
        known = [spec.instance_id for spec in fleet if dice.random() < 0.6]
        return {"instance_ids": known + (["i-nobody"] if not known or dice.random() < 0.1 else [])}
    if way < 0.8:
        tags: Mapping[str, object] = dice.choice(
            (
                {"team": "dev"},
                {"team": "*"},
                {"team": ["dev", "ops"]},
                {"stage": ["a", "b"]},
                {"team": "de*"},
            )
        )
        return {"tags": tags, **({"name": "ci-*"} if dice.random() < 0.2 else {})}
    return {"all": True, "max_instances": dice.choice((2, 500, 1_000_000))}


def _narrowing(dice: Random, asking: Asking, request: Request) -> Mapping[str, object]:
    """What narrows a request, in a fifth of them; describe tells of ids that are left out."""
    if dice.random() > NARROWED or (asking.function == "describe" and "instance_ids" in request):
        return {}
    return dice.choice(_NARROWINGS)


NARROWED = 0.2
_NARROWINGS: tuple[Mapping[str, object], ...] = (
    {"except": {"tags": {"team": ["ops", "prod"]}}},
    {"except": {"tags": {"team": ["ops", "prod"], "stage": "a"}}},
    {"except": {"name": "web-*"}},
    {"except": {"name": "db-*", "instance_ids": ["i-nobody"]}},
    {"older_than": "12h"},
    {"older_than": "20d"},
    {"except": {"tags": {"owner": "*", "team": "prod"}}},
    {"without_tags": ["owner"]},
    {"without_tags": ["stage"]},
    {"without_tags": ["owner", "stage"]},
    {"except": {"name": "db-*"}, "older_than": "1h", "without_tags": ["stage"]},
)


def _with_days(dice: Random, message: Message, asking: Asking) -> Message:
    """The same message, which in a sixth of them rests on some days."""
    if dice.random() > WITH_DAYS or asking.function == "apply_schedule":
        return message
    days = days_of(dice, asking.hours)
    return Message({**message.request, "days": days.said}, days=days)


WITH_DAYS = 0.16


def _hostile(dice: Random, honest: Message, asking: Asking) -> Message:
    """A message that must be refused, whoever publishes it."""
    request = dict(honest.request)
    bare = {key: value for key, value in request.items() if key not in _SELECTING}
    refused: list[Message] = [
        Message({**request, "action": "reboot"}, "InvalidEvent"),
        Message({**request, "instance-ids": ["i-sim00000000000000001"]}, "InvalidEvent"),
        Message({**request, "dry_run": "false"}, "InvalidEvent"),
        Message({**bare, "instance_ids": []}, "InvalidEvent"),
        Message({**bare, "tags": {}}, "InvalidEvent"),
        Message({**bare, "all": True, "name": "ci-*", "max_instances": 9}, "InvalidEvent"),
        Message(bare, "Refused"),
    ]
    if asking.function == "apply_schedule":
        refused += [
            Message({**request, "days": "daily"}, "InvalidEvent"),
            Message({**request, "schedule": "mon,wed 9:00-18:00"}, "InvalidEvent"),
            Message({**request, "dry_run": False, "at": _PLANNED_FOR[0]}, "InvalidEvent"),
        ]
    if asking.function != "describe":
        refused.append(Message({**bare, "all": True}, "Refused"))
    return dice.choice(refused)


_SELECTING = frozenset({"instance_ids", "tags", "name", "all", "max_instances"})
