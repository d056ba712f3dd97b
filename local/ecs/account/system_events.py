"""What the platform announces of an instance, and does to it when the time comes.

Source: "Overview of system events", ECS user guide. Codes as in one real answer of 2024; those of
`OTHER_CODES` are unverified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class EventType(str, Enum):
    """What is announced; the word behind the dot is what is done."""

    MAINTENANCE_REBOOT = "SystemMaintenance.Reboot"
    MAINTENANCE_STOP = "SystemMaintenance.Stop"
    MAINTENANCE_REDEPLOY = "SystemMaintenance.Redeploy"
    FAILURE_REBOOT = "SystemFailure.Reboot"
    FAILURE_STOP = "SystemFailure.Stop"
    FAILURE_DELETE = "SystemFailure.Delete"
    INSTANCE_FAILURE_REBOOT = "InstanceFailure.Reboot"
    EXPIRATION_STOP = "InstanceExpiration.Stop"
    EXPIRATION_DELETE = "InstanceExpiration.Delete"
    UNBALANCED_STOP = "AccountUnbalanced.Stop"
    UNBALANCED_DELETE = "AccountUnbalanced.Delete"

    @property
    def effect(self) -> str:
        """``Reboot``, ``Stop``, ``Redeploy`` or ``Delete``."""
        return self.value.partition(".")[2]


class EventStatus(str, Enum):
    """How far an event is."""

    SCHEDULED = "Scheduled"
    EXECUTING = "Executing"
    INQUIRING = "Inquiring"
    EXECUTED = "Executed"
    AVOIDED = "Avoided"
    CANCELED = "Canceled"
    FAILED = "Failed"


FINISHED = frozenset(
    {EventStatus.EXECUTED, EventStatus.AVOIDED, EventStatus.CANCELED, EventStatus.FAILED}
)
"""What is shown unless others are asked for (DescribeInstanceHistoryEvents, API reference)."""
TYPE_CODES: Mapping[EventType, int] = {
    EventType.MAINTENANCE_REBOOT: 1,
    EventType.MAINTENANCE_REDEPLOY: 9,
    EventType.FAILURE_REBOOT: 65,
    EventType.FAILURE_DELETE: 66,
}
STATUS_CODES: Mapping[EventStatus, int] = {
    EventStatus.EXECUTED: 0,
    EventStatus.AVOIDED: 8,
    EventStatus.SCHEDULED: 24,
    EventStatus.INQUIRING: 28,
}
OTHER_CODES = 2
"""What stands where no code is known."""


@dataclass(frozen=True, slots=True)
class SystemEvent:
    """One event of one instance; it outlives the instance.

    Attributes:
        published_at: when it was announced.
        not_before: when it is executed; None for one that waits for an answer.
        finished_at: None as long as it is outstanding.
    """

    event_id: str
    instance_id: str
    region: str
    kind: EventType
    status: EventStatus
    published_at: datetime
    not_before: datetime | None = None
    finished_at: datetime | None = None
    reason: str = ""

    @property
    def tags(self) -> Mapping[str, str]:
        """None: an event has no tags of its own."""
        return {}
