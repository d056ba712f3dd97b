"""What each refusal by ECS means for the next step: the only table of retries.

==============  ==========================================  ====================================
kind            what is done                                how often
==============  ==========================================  ====================================
THROTTLED       the pacer slows down, the call is repeated  until the deadline
BUSY            look again, then let the rule decide        until the deadline
PASSING         reads are repeated; after a write look       5 times
                again, then let the rule decide
STATUS          the same: another change may be on its way  20 times, three minutes
FINAL           batches are halved to find the culprit      once for a single instance
NOT_FOUND       look again: it may be gone                  5 times
DENIED          reported; a batch is not halved             once
CREDENTIALS     the run ends                                once
==============  ==========================================  ====================================

A response that never came counts as PASSING: a write is never repeated blindly, a read settles it.
Codes: "Error codes" of each operation, ECS API reference, and "Common errors"; throttling comes
    with status 400, 403 or 503, so it is recognised by its code alone.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache


class Kind(str, Enum):
    """What a refusal means; see the table above."""

    THROTTLED = "throttled"
    BUSY = "busy"
    PASSING = "passing"
    STATUS = "status"
    FINAL = "final"
    NOT_FOUND = "not found"
    DENIED = "denied"
    CREDENTIALS = "credentials"


MAX_TRIES = {Kind.PASSING: 5, Kind.STATUS: 20, Kind.NOT_FOUND: 5, Kind.FINAL: 1, Kind.DENIED: 1}
"""How often one call is made for one instance; kinds missing here are limited only by time."""

_TABLE: tuple[tuple[str, Kind], ...] = (
    (r"(Rejected\.)?Throttling(\..*)?|HTTP 429", Kind.THROTTLED),
    (r"Forbidden\.InstanceNotFound", Kind.NOT_FOUND),
    (r"Forbidden\.(AccessKeyDisabled|RiskControl)", Kind.CREDENTIALS),
    (r"Forbidden(\.(RAM|SubUser|Unauthorized|NoPermission))?|Forbbiden", Kind.DENIED),
    (r"(Implicit|Explicit)Deny", Kind.DENIED),
    (r"(NoPermission|PermissionDenied)(\..*)?", Kind.DENIED),
    (r"InvalidAccessKeyId(\..*)?|InvalidAccessKeySecret", Kind.CREDENTIALS),
    (r"(InvalidSecurityToken|MissingSecurityToken)(\..*)?", Kind.CREDENTIALS),
    (r"SignatureDoesNotMatch|IncompleteSignature", Kind.CREDENTIALS),
    (r"(InvalidTimeStamp|IllegalTimestamp)(\..*)?", Kind.CREDENTIALS),
    (
        r"Operation\.?Conflict|TaskConflict|InvalidOperation\.Conflict|LastTokenProcessing",
        Kind.BUSY,
    ),
    (
        r"IdempotentProcessing|IncorrectDiskStatus\.(CreatingSnapshot|Transferring|Initializing)",
        Kind.BUSY,
    ),
    (r"QuotaExceed\.ConcurrentSnapshotQuota", Kind.BUSY),
    # A new instance is in that state for 6 to 10 minutes.
    (r"IncorrectInstanceStatus\.Initializing", Kind.BUSY),
    (r"IncorrectInstanceStatus(\..*)?|InstanceNotReady|DiskError", Kind.STATUS),
    (r"IncorrectDiskStatus|IncorrectVolumeStatus", Kind.STATUS),
    (r"DependencyViolation\.(RouteEntry|SLBConfiguring)", Kind.PASSING),
    # The time had come too close when the call arrived; the rule may have a later one.
    (r"InvalidAutoReleaseTime\.Malformed", Kind.PASSING),
    (r"InternalError|UnknownError|SignatureNonceUsed|CreateSnapshot\.Failed", Kind.PASSING),
    (r"ServiceUnavailable(\..*)?|LimitedOperation\.ServiceUnavailable", Kind.PASSING),
    (r"InvalidInstanceIds?\.NotFound|NoSuchResource|InvalidResourceId\.NotFound", Kind.NOT_FOUND),
    (r"Invalid(Disk|Volume)Id\.NotFound", Kind.NOT_FOUND),
)
SERVER_ERROR = 500
"""HTTP statuses from here on do not say whether anything was done."""


ADVICE = {
    "OperationDenied.NoStock": "try again later, or change its instance type; an instance "
    "stopped in KeepCharging keeps its capacity",
}
"""What a person can do if waiting alone may not help; by code."""


@lru_cache(maxsize=256)
def kind_of(code: str, status: int = 0) -> Kind:
    """The kind of a code; an unknown code is passing with a 5xx status, otherwise final."""
    for pattern, kind in _TABLE:  # compiled when first needed, as most runs meet no refusal
        if re.fullmatch(pattern, code):
            return kind
    return Kind.PASSING if status >= SERVER_ERROR else Kind.FINAL
