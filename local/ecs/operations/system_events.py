"""DescribeInstancesFullStatus and DescribeInstanceHistoryEvents.

Sources: their pages in the API reference, and six real answers of 2024. Codes of statuses that were
    never recorded are unverified; a stopped instance was recorded with 1 and with 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import Enum

from local.ecs.account.model import Instance, Status
from local.ecs.account.state import JsonObject, State
from local.ecs.account.system_events import (
    FINISHED,
    OTHER_CODES,
    STATUS_CODES,
    TYPE_CODES,
    EventStatus,
    EventType,
    SystemEvent,
)
from local.ecs.errors import Refusal
from local.ecs.rpc.instance_ids import instance_ids
from local.ecs.rpc.listing import Query, find
from local.ecs.rpc.paging import PageRequest
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.render import to_second
from local.ecs.rpc.request import Request

LARGEST_PAGE = 100

Passes = Callable[[SystemEvent], bool]


class Health(Enum):
    """The values of HealthStatus; instances here only ever have the first three."""

    OK = "Ok"
    MAINTAINING = "Maintaining"
    INSUFFICIENT_DATA = "InsufficientData"
    IMPAIRED = "Impaired"
    WARNING = "Warning"
    INITIALIZING = "Initializing"
    NOT_APPLICABLE = "NotApplicable"


_STATUS_CODES: Mapping[Status, int] = {
    Status.PENDING: 0,
    Status.RUNNING: 1,
    Status.STOPPED: 2,
    Status.STARTING: 3,
    Status.STOPPING: 4,
}
_HEALTH_CODES: Mapping[Health, int] = {
    Health.OK: 0,
    Health.INSUFFICIENT_DATA: 0,
    Health.MAINTAINING: 64,
}


def describe_instances_full_status(request: Request) -> JsonObject:
    """One page of instances with their health and their scheduled events.

    With event filters, it shows only instances with matching events.

    Raises:
        EcsError: a parameter is wrong.
    """
    parameters, state = request.parameters, request.state
    status = parameters.choice("Status", Status, Refusal.UNKNOWN_STATUS)
    health = parameters.choice("HealthStatus", Health, Refusal.INVALID_PARAMETER)
    events = _by_instance(state, tuple(_event_criteria(parameters)))
    criteria: list[Callable[[Instance], bool]] = []
    if status is not None:
        criteria.append(lambda instance: instance.status is status)
    if health is not None:
        criteria.append(lambda instance: _health(instance, events) is health)
    if parameters.names() & {"EventId", "EventType", "InstanceEventType", *_PERIODS}:
        criteria.append(lambda instance: instance.instance_id in events)
    given = parameters.repeated("InstanceId")
    query = Query(
        resources=("instance/*",),
        page=PageRequest.by_number(parameters, LARGEST_PAGE),
        ids=instance_ids(request) if given else None,
        criteria=tuple(criteria),
    )
    found = find(request, state.instances, query)
    rows = [_full_status(each, events) for each in found.items]
    return {
        "TotalCount": found.total,
        "PageNumber": found.number,
        "PageSize": found.size,
        "InstanceFullStatusSet": {"InstanceFullStatusType": rows},
    }


def describe_instance_history_events(request: Request) -> JsonObject:
    """One page of events: by default those that are over.

    Raises:
        EcsError: a parameter is wrong.
    """
    region, parameters = request.region(), request.parameters
    if parameters.text("ResourceType", "instance") != "instance":
        raise Refusal.NOT_EMULATED.error(name="ResourceType")
    page = PageRequest.read(request, LARGEST_PAGE)
    criteria = (_in_status(parameters), *_event_criteria(parameters))
    ids = parameters.repeated("ResourceId") or parameters.repeated("InstanceId")
    ids = ids or tuple(filter(None, [parameters.text("InstanceId")]))
    allowed = request.may_list("instance/*", region)
    matches = (
        (position, event)
        for position, event in request.state.events.walk(region)
        if (not ids or event.instance_id in ids) and all(passes(event) for passes in criteria)
    )
    found = page.cut(matches if allowed else ())
    head = found.head()
    if not found.next_token:  # a real answer of 2024 has no such field
        del head["NextToken"]
    rows = [_shown(each) | {"InstanceId": each.instance_id} for each in found.items]
    return {**head, "InstanceSystemEventSet": {"InstanceSystemEventType": rows}}


def _by_instance(state: State, criteria: tuple[Passes, ...]) -> dict[str, list[SystemEvent]]:
    """The matching scheduled events, by instance."""
    events: dict[str, list[SystemEvent]] = {}
    for event in state.events:
        if event.status is EventStatus.SCHEDULED and all(passes(event) for passes in criteria):
            events.setdefault(event.instance_id, []).append(event)
    return events


def _health(instance: Instance, events: Mapping[str, list[SystemEvent]]) -> Health:
    if instance.status is not Status.RUNNING:
        return Health.INSUFFICIENT_DATA
    return Health.MAINTAINING if instance.instance_id in events else Health.OK


def _full_status(instance: Instance, events: Mapping[str, list[SystemEvent]]) -> JsonObject:
    health = _health(instance, events)
    scheduled = [_shown(each) for each in events.get(instance.instance_id, ())]
    return {
        "InstanceId": instance.instance_id,
        "Status": {"Code": _STATUS_CODES[instance.status], "Name": instance.status.value},
        "HealthStatus": {"Code": _HEALTH_CODES[health], "Name": health.value},
        "ScheduledSystemEventSet": {"ScheduledSystemEventType": scheduled},
    }


def _shown(event: SystemEvent) -> JsonObject:
    """What both lists show of an event; unknown fields are absent."""
    shown: JsonObject = {
        "EventId": event.event_id,
        "EventType": {
            "Code": TYPE_CODES.get(event.kind, OTHER_CODES),
            "Name": event.kind.value,
        },
        "EventCycleStatus": {
            "Code": STATUS_CODES.get(event.status, OTHER_CODES),
            "Name": event.status.value,
        },
        "EventPublishTime": to_second(event.published_at),
        "ExtendedAttribute": {},
    }
    if event.not_before:
        shown["NotBefore"] = to_second(event.not_before)
    if event.finished_at:
        shown["EventFinishTime"] = to_second(event.finished_at)
    if event.reason:
        shown["Reason"] = event.reason
    return shown


def _in_status(parameters: Parameters) -> Passes:
    asked = parameters.repeated("InstanceEventCycleStatus")
    asked = asked or tuple(filter(None, [parameters.text("EventCycleStatus")]))
    wanted = _words(asked, EventStatus, "EventCycleStatus") or FINISHED
    return lambda event: event.status in wanted


def _event_criteria(parameters: Parameters) -> Iterator[Passes]:
    if ids := frozenset(parameters.repeated("EventId")):
        yield lambda event: event.event_id in ids
    asked = parameters.repeated("InstanceEventType")
    asked = asked or tuple(filter(None, [parameters.text("EventType")]))
    if kinds := _words(asked, EventType, "EventType"):
        yield lambda event: event.kind in kinds
    for name, moment_of in _PERIODS.items():
        yield from _within(parameters, name, moment_of)


def _words(asked: tuple[str, ...], of: type[Enum], name: str) -> frozenset[Enum]:
    try:
        return frozenset(map(of, asked))
    except ValueError:
        raise Refusal.INVALID_PARAMETER.error(name=name) from None


_PERIODS: Mapping[str, Callable[[SystemEvent], datetime | None]] = {
    "EventPublishTime": lambda event: event.published_at,
    "NotBefore": lambda event: event.not_before,
}


def _within(
    parameters: Parameters, name: str, moment_of: Callable[[SystemEvent], datetime | None]
) -> Iterator[Passes]:
    if start := parameters.second(f"{name}.Start"):
        yield lambda event: (at := moment_of(event)) is not None and at >= start
    if end := parameters.second(f"{name}.End"):
        yield lambda event: (at := moment_of(event)) is not None and at <= end
