"""Faults on demand: what goes wrong between a client and ECS, and when.

Each fault is a value; `Faults` has the active ones and says which of them hit a request,
reproducibly under one seed. They also have a JSON form, for the control endpoint. The gateway and
the wire protocol carry them out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from random import Random
from threading import Lock
from typing import Annotated, Any, TypeAlias, get_args

import msgspec

from local.ecs.complaints import decoded, there_are

Seconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=3600)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
Share: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1)]
Status: TypeAlias = Annotated[int, msgspec.Meta(ge=400, le=599)]


class Fault(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="fault",
    tag=str.lower,
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """Which requests a fault hits. Every kind of fault has these fields besides its own.

    Attributes:
        action: operation name, where ``*`` matches anything: ``Describe*``.
        region: region id, with ``*``, too.
        skip: how many of these requests pass unharmed first.
        times: how many it then hits at most; None for all of them.
        probability: the probability with which it hits each of these, 0 to 1.
    """

    action: str = "*"
    region: str = "*"
    skip: Count = 0
    times: Count | None = None
    probability: Share = 1.0

    @property
    def kind(self) -> str:
        """The fault's name in JSON and in the log."""
        return type(self).__name__.lower()


class Refuse(Fault, frozen=True):
    """ECS returns an error.

    Attributes:
        status: the HTTP status.
        code: ECS's error code.
        message: its text; "" for ECS's own text for this code.
        after_write: the operation is carried out nevertheless.
    """

    status: Status = 500
    code: str = "InternalError"
    message: str = ""
    after_write: bool = False


class Cut(Fault, frozen=True):
    """The connection is closed without a response.

    Attributes:
        after_write: the operation is carried out first.
    """

    after_write: bool = False


class Delay(Fault, frozen=True):
    """The write is done immediately, the response is late.

    Attributes:
        seconds: real seconds before the first byte.
    """

    seconds: Seconds


class SlowBody(Fault, frozen=True):
    """The response begins immediately and stalls in the middle of the body.

    Attributes:
        seconds: real seconds of pause.
    """

    seconds: Seconds


class BrokenBody(Fault, frozen=True):
    """The write is done and the status is 200, but the body ends half-way: invalid JSON or XML."""


class ProxyPage(Fault, frozen=True):
    """A proxy responds instead of ECS, in HTML; the request never arrives.

    Attributes:
        status: the HTTP status.
    """

    status: Annotated[int, msgspec.Meta(ge=200, le=599)] = 502


class RepeatedToken(Fault, frozen=True):
    """A page's NextToken is the one that it was requested with: a reader loops forever."""


class MissingPage(Fault, frozen=True):
    """A page comes without its items; its reference to the next page is valid."""


class DroppedTags(Fault, frozen=True):
    """A page's items come without their tags, or without some; a page of tags lacks these.

    Attributes:
        key: the key of the tags, where ``*`` matches anything.
    """

    key: str = "*"


class GarbledRow(Fault, frozen=True):
    """A row of a list shows something wrong, or omits it.

    Attributes:
        id: the row's id: of the instance, disk, snapshot or resource that it is about; ``*``
            matches anything.
        field: the field to change, such as ``CreationTime`` or ``InstanceId``.
        value: what it shows instead: any JSON.
        absent: the field is omitted.
    """

    id: str
    field: str
    value: Any = None
    absent: bool = False


class LostPermission(Fault, frozen=True):
    """RAM allows nothing: each operation responds as to somebody without permission.

    Attributes:
        empty: DescribeInstances and DescribeDisks are empty (true) or refused (false); None for
            what the quirk ``denied_describe_is_empty`` says.
    """

    empty: bool | None = None


class ClockSkew(Fault, frozen=True):
    """The gateway believes the request's time is more than 15 minutes off, and refuses it."""


AnyFault: TypeAlias = (
    Refuse
    | Cut
    | Delay
    | SlowBody
    | BrokenBody
    | ProxyPage
    | RepeatedToken
    | MissingPage
    | DroppedTags
    | GarbledRow
    | LostPermission
    | ClockSkew
)


FAULTS: Mapping[str, type[AnyFault]] = {kind.__name__.lower(): kind for kind in get_args(AnyFault)}
"""The kinds of faults by their names in JSON."""


def parse_fault(text: bytes) -> AnyFault:
    """Parse a fault from JSON: ``{"fault": "cut", "action": "Stop*", "times": 1}``.

    Raises:
        ValueError: not JSON, an unknown fault or field, a value of the wrong kind or range; if
            there is no such fault, it names those that there are.
    """
    stated = decoded(text, object)
    if not isinstance(stated, dict):
        raise ValueError('a fault has fields; write {"fault": "cut"}')  # noqa: TRY004  # not ours
    kind = FAULTS.get(str(stated.get("fault")))
    if kind is None:
        hint = there_are(str(stated.get("fault", "")), FAULTS)
        said = f"{stated['fault']!r} is not a fault" if "fault" in stated else "fault is missing"
        raise ValueError(f"{said}; {hint}")
    return decoded(text, kind)


@dataclass(frozen=True, slots=True)
class InForce:
    """An active fault.

    Attributes:
        number: identifies it for clearing; counted from 1.
        fault: what goes wrong, and when.
        met: matching requests so far.
        struck: how many of these it hit.
    """

    number: int
    fault: AnyFault
    met: int
    struck: int


class Faults:
    """The active faults, oldest first. Thread-safe."""

    def __init__(self, faults: Iterable[AnyFault] = (), *, seed: int = 0) -> None:
        self._random = Random(seed)  # noqa: S311  # faults to be repeated, not secrets
        self._in_force: dict[int, InForce] = {}
        self._last = 0
        self._lock = Lock()
        for fault in faults:
            self.add(fault)

    def add(self, fault: AnyFault) -> int:
        """Activate a fault and return its number."""
        with self._lock:
            self._last += 1
            self._in_force[self._last] = InForce(self._last, fault, met=0, struck=0)
            return self._last

    def remove(self, number: int) -> None:
        """Clear one fault.

        Raises:
            KeyError: no active fault has this number.
        """
        with self._lock:
            del self._in_force[number]

    def clear(self) -> None:
        """Clear all faults."""
        with self._lock:
            self._in_force.clear()

    def snapshot(self) -> tuple[InForce, ...]:
        """The active faults, including those that have hit for the last time."""
        with self._lock:
            return tuple(self._in_force.values())

    def strike(self, action: str, region: str) -> tuple[AnyFault, ...]:
        """Count one request and return the faults that hit it, oldest first."""
        if not self._in_force:
            return ()
        with self._lock:
            return tuple(
                each.fault
                for each in tuple(self._in_force.values())
                if _meant(each.fault, action, region) and self._strikes(each)
            )

    def _strikes(self, each: InForce) -> bool:
        fault = each.fault
        struck = (
            each.met >= fault.skip
            and (fault.times is None or each.struck < fault.times)
            and (fault.probability == 1 or self._random.random() < fault.probability)
        )
        self._in_force[each.number] = InForce(
            each.number, fault, met=each.met + 1, struck=each.struck + struck
        )
        return struck


def _meant(fault: Fault, action: str, region: str) -> bool:
    return fnmatchcase(action, fault.action) and fnmatchcase(region, fault.region)
