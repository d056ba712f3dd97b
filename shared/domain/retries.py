"""What each refusal of ECS means for what is done next: the one table of retries.

==============  ==========================================  ====================================
kind            what is done                                how often
==============  ==========================================  ====================================
THROTTLED       the pacer slows down, the call is repeated  until the deadline
BUSY            look again, then let the rule decide        until the deadline
PASSING         reads are repeated; after a deed look       5 times
                again, then let the rule decide
STATUS          the same: another change may be on its way  20 times, three minutes
FINAL           batches are halved to find the culprit      once for a single instance
NOT_FOUND       look again: it may be gone                  5 times
DENIED          reported; a batch is not halved             once
CREDENTIALS     the run ends                                once
==============  ==========================================  ====================================

An answer that never came counts as PASSING: a deed is never repeated blindly, looking settles it.
Codes: "Error codes" of each operation, ECS API reference, and "Common errors"; throttling comes
with status 400, 403 or 503, so it is told by its code alone.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

import msgspec


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
"""How often one call is made for one instance; what is missing here has no limit but time."""

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
    # A new instance is that for 6 to 10 minutes.
    (r"IncorrectInstanceStatus\.Initializing", Kind.BUSY),
    (r"IncorrectInstanceStatus(\..*)?|InstanceNotReady|DiskError", Kind.STATUS),
    (r"IncorrectDiskStatus|IncorrectVolumeStatus", Kind.STATUS),
    (r"DependencyViolation\.(RouteEntry|SLBConfiguring)", Kind.PASSING),
    # The time had come too near when the call arrived; the rule may have a later one.
    (r"InvalidAutoReleaseTime\.Malformed", Kind.PASSING),
    (r"InternalError|UnknownError|SignatureNonceUsed|CreateSnapshot\.Failed", Kind.PASSING),
    (r"ServiceUnavailable(\..*)?|LimitedOperation\.ServiceUnavailable", Kind.PASSING),
    (r"InvalidInstanceIds?\.NotFound|NoSuchResource|InvalidResourceId\.NotFound", Kind.NOT_FOUND),
    (r"Invalid(Disk|Volume)Id\.NotFound", Kind.NOT_FOUND),
)
SERVER_ERROR = 500
"""HTTP statuses from here on say nothing of what was done."""


class Denial(msgspec.Struct, frozen=True):
    """What RAM says of a denial ("AccessDeniedDetail", error responses of the ECS API).

    Attributes:
        action: What was denied, such as ``ecs:StopInstances``; "": RAM does not say.
        principal: To whom, such as ``role curfew-stop``; "" likewise.
        why: Which kind of denial by which kind of policy; "" likewise.
    """

    action: str = ""
    principal: str = ""
    why: str = ""

    @property
    def is_explicit(self) -> bool:
        """Does a policy forbid it, so that no other policy can allow it?"""
        return self.why.startswith("explicit deny")

    def sentence(self) -> str:
        """One short sentence without a full stop; "" if RAM does not name the action."""
        if not self.action:
            return ""
        to_whom = f" to {self.principal}" if self.principal else ""
        return f"RAM denies {self.action}{to_whom}{f' ({self.why})' if self.why else ''}"


NOTHING_SAID = Denial()


class Refusal(Exception):  # noqa: N818  # a refusal is an answer
    """ECS answered, and said no.

    Attributes:
        status: HTTP status.
        code: ECS's code, e.g. ``IncorrectInstanceStatus``.
        message: ECS's text, shortened; it never holds a signature.
        retry_after_s: When ECS says to come back, in seconds; None: it does not say.
        denied: What RAM says of a denial, if it is one.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        retry_after_s: float | None = None,
        denied: Denial = NOTHING_SAID,
    ) -> None:
        super().__init__(f"HTTP {status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s
        self.denied = denied

    @property
    def kind(self) -> Kind:
        """What it means for what is done next."""
        return Kind.DENIED if self.denied.action else kind_of(self.code, self.status)

    @property
    def blames_a_member(self) -> bool:
        """May the reason be one instance of the batch? Then halving the batch finds it."""
        return self.status < SERVER_ERROR and self.kind in {
            Kind.BUSY,
            Kind.PASSING,
            Kind.STATUS,
            Kind.FINAL,
            Kind.NOT_FOUND,
        }


class NoAnswer(Exception):  # noqa: N818  # says what happened
    """Nothing readable came back: the deed may or may not have been done.

    Attributes:
        reason: What happened, in few words; it never holds a URL.
        unresolved: ECS's host has no address by DNS: there is no such name, which is more than
            that DNS did not answer. Through a proxy it is always False.
    """

    def __init__(self, reason: str, *, unresolved: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.unresolved = unresolved


@lru_cache(maxsize=256)
def kind_of(code: str, status: int = 0) -> Kind:
    """The kind of a code; an unknown code is passing with a 5xx status, else final."""
    for pattern, kind in _TABLE:  # compiled when first needed, as most runs meet no refusal
        if re.fullmatch(pattern, code):
            return kind
    return Kind.PASSING if status >= SERVER_ERROR else Kind.FINAL
