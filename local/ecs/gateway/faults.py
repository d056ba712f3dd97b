"""Faults on demand: what goes wrong between a client and ECS, and when.

Each fault is a value; `Faults` holds those in force and says which of them strike a request, the
same ones each time under one seed. They also have a JSON form, for the control endpoint. What a
fault does is the gateway's and the wire's part.
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
    """Which requests a fault strikes. Every kind of fault has these fields besides its own.

    Attributes:
        action: operation name, ``*`` standing for anything: ``Describe*``.
        region: region id, likewise.
        skip: how many of these requests go through unharmed first.
        times: how many it then strikes at most; None for all of them.
        probability: with which it strikes each of these, 0 to 1.
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
    """ECS answers an error.

    Attributes:
        status: the HTTP status.
        code: ECS's error code.
        message: its text; "" for the one that ECS has with this code.
        after_write: the operation is carried out all the same.
    """

    status: Status = 500
    code: str = "InternalError"
    message: str = ""
    after_write: bool = False


class Cut(Fault, frozen=True):
    """The connection is closed without an answer.

    Attributes:
        after_write: the operation was carried out before.
    """

    after_write: bool = False


class Delay(Fault, frozen=True):
    """The write is done at once, the answer comes late.

    Attributes:
        seconds: of real time, before the first byte.
    """

    seconds: Seconds


class SlowBody(Fault, frozen=True):
    """The answer begins at once and stalls in the middle of the body.

    Attributes:
        seconds: of real time that the pause takes.
    """

    seconds: Seconds


class BrokenBody(Fault, frozen=True):
    """The write is done and the status is 200, but the body ends half-way: no JSON, no XML."""


class ProxyPage(Fault, frozen=True):
    """A proxy answers in ECS's place, in HTML; the request never arrives.

    Attributes:
        status: the HTTP status.
    """

    status: Annotated[int, msgspec.Meta(ge=200, le=599)] = 502


class RepeatedToken(Fault, frozen=True):
    """A page's NextToken is the one that it was asked for with: a reader goes round for ever."""


class MissingPage(Fault, frozen=True):
    """A page comes without its items; what it says of the pages after it holds."""


class DroppedTags(Fault, frozen=True):
    """The items of a page come without their tags, or without some; a page of tags lacks these.

    Attributes:
        key: of which tags, ``*`` standing for anything.
    """

    key: str = "*"


class GarbledRow(Fault, frozen=True):
    """A row of a list shows something else than it should, or not at all.

    Attributes:
        id: whose row: of the instance, disk, snapshot or resource that it is about, ``*`` standing
            for anything.
        field: the row's field that is changed, such as ``CreationTime`` or ``InstanceId``.
        value: what it shows instead: any JSON.
        absent: the field is left out.
    """

    id: str
    field: str
    value: Any = None
    absent: bool = False


class LostPermission(Fault, frozen=True):
    """RAM allows nothing: each operation answers as it does to somebody without permission.

    Attributes:
        empty: DescribeInstances and DescribeDisks are empty (true) or refused (false); None for
            what the quirk ``denied_describe_is_empty`` says.
    """

    empty: bool | None = None


class ClockSkew(Fault, frozen=True):
    """The gateway thinks the request's time is more than 15 minutes off, and refuses it."""


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
"""The kinds of faults by the names that JSON has for them."""


def parse_fault(text: bytes) -> AnyFault:
    """Read a fault from JSON: ``{"fault": "cut", "action": "Stop*", "times": 1}``.

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
    """A fault in force.

    Attributes:
        number: by which it can be cleared; counted from 1.
        fault: what goes wrong, and when.
        met: requests that it was meant for so far.
        struck: how many of these it struck.
    """

    number: int
    fault: AnyFault
    met: int
    struck: int


class Faults:
    """The faults in force, oldest first. Thread-safe."""

    def __init__(self, faults: Iterable[AnyFault] = (), *, seed: int = 0) -> None:
        self._random = Random(seed)  # noqa: S311  # faults to be repeated, not secrets
        self._in_force: dict[int, InForce] = {}
        self._last = 0
        self._lock = Lock()
        for fault in faults:
            self.add(fault)

    def add(self, fault: AnyFault) -> int:
        """Put a fault in force and return its number."""
        with self._lock:
            self._last += 1
            self._in_force[self._last] = InForce(self._last, fault, met=0, struck=0)
            return self._last

    def remove(self, number: int) -> None:
        """Take one fault out of force.

        Raises:
            KeyError: no fault in force has this number.
        """
        with self._lock:
            del self._in_force[number]

    def clear(self) -> None:
        """Take all faults out of force."""
        with self._lock:
            self._in_force.clear()

    def snapshot(self) -> tuple[InForce, ...]:
        """The faults in force, also those that have struck for the last time."""
        with self._lock:
            return tuple(self._in_force.values())

    def strike(self, action: str, region: str) -> tuple[AnyFault, ...]:
        """Count one request and return the faults that strike it, oldest first."""
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
