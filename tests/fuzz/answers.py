"""Answers as ECS never gives them: real ones of the emulator, each node in turn made odd.

A node is named by its path: keys and positions from the top of the answer. Everything is counted,
nothing thrown by dice, so the same damage has the same number for ever.
"""

from __future__ import annotations

import ast
import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.ecs.ram.caller import Caller
from shared.ecs.answer import read_answer
from tests.fuzz.cases import CASES, NAMED_DEV, FuzzError, Run
from tests.harness.actions import ROOT
from tests.harness.transport import Direct

Path = tuple[str | int, ...]

GONE = object()
"""In an object the field is absent, in a list the element."""


@dataclass(frozen=True)
class Raw:
    """What stands in the bytes of an answer and is no value of Python's."""

    text: str


DEEP: Any = "deep"
for _ in range(40):
    DEEP = [DEEP]

ODD: Mapping[str, object] = {
    "gone": GONE,
    "null": None,
    "true": True,
    "false": False,
    "zero": 0,
    "negative": -1,
    "fraction": 0.5,
    "huge": 10**30,
    "exponent": Raw("1e308"),
    "too-great": Raw("1e999"),
    "not-a-number": Raw("NaN"),
    "infinity": Raw("-Infinity"),
    "half-a-pair": Raw('"\\ud83d"'),
    "empty-text": "",
    "blank": " ",
    "word": "Odd",
    "digits": "200",
    "control": "\x00\x1b[31m\u2028\u202e",
    "long-text": "x" * 3000,
    "time": "2026-11-24T20:00:00Z",
    "no-time": "9999-99-99T99:99Z",
    "first-time": "0001-01-01T00:00:00+23:59",
    "last-time": "9999-12-31T23:59:59-23:59",
    "empty-list": [],
    "list-of-null": [None],
    "list-of-texts": ["x"],
    "list-of-lists": [[[]]],
    "empty-object": {},
    "object": {"x": None},
    "object-of-objects": {"x": {"y": {"z": 1}}},
    "deep": DEEP,
}


_WAYS = tuple(ODD)
_FIRST_ROWS = 2
_DIFFERENT = {"DeletionProtection", "InstanceChargeType", "InstanceId", "OperationLocks", "Tags"}
_KNOWN = {
    one.value
    for path in (ROOT / "shared").rglob("*.py")
    for one in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(one, ast.Constant) and isinstance(one.value, str)
}
"""All texts in the code, and so all names of fields that it can read."""


@dataclass(frozen=True)
class Damage:
    """One answer made odd.

    Attributes:
        operation: Whose answers.
        occurrence: Which of them, from 0.
        path: The node.
        odd: A key of ``ODD``: what stands there.
        always: All of this operation's answers from then on that have such a node.
    """

    operation: str
    occurrence: int
    path: Path
    odd: str
    always: bool = False

    def __str__(self) -> str:
        where = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in self.path)
        which = f"{self.operation}#{self.occurrence}{'…' if self.always else ''}"
        return f"{which}{where} = {self.odd}"

    def applies(self, operation: str, occurrence: int) -> bool:
        """Is this answer made odd?"""
        if operation != self.operation:
            return False
        return occurrence >= self.occurrence if self.always else occurrence == self.occurrence


def nodes(value: object, path: Path = ()) -> Iterator[Path]:
    """The paths of all nodes of an answer, the answer itself among them."""
    yield path
    children: Mapping[Any, object] = {}
    if isinstance(value, Mapping):
        children = value
    elif isinstance(value, list):
        children = dict(enumerate(value))
    for key, child in children.items():
        yield from nodes(child, (*path, key))


def changed(value: Any, path: Path, odd: object) -> Any:  # noqa: ANN401  # JSON
    """The answer with this at a path; unchanged if there is no such path."""
    if not path:
        return {} if odd is GONE else odd
    key, *rest = path
    if isinstance(value, Mapping) and key in value:
        children: Any = dict(value)
    elif isinstance(value, list) and isinstance(key, int) and key < len(value):
        children = list(value)
    else:
        return value
    if not rest and odd is GONE:
        del children[key]
    else:
        children[key] = changed(children[key], tuple(rest), odd)
    return children


def as_bytes(value: object) -> bytes:
    """The answer's JSON, with what is no JSON where it is meant to be."""
    raw: dict[str, str] = {}

    def named(one: object) -> str:
        if not isinstance(one, Raw):
            raise TypeError(type(one))
        name = f"@@raw-{len(raw)}@@"
        raw[json.dumps(name)] = one.text
        return name

    text = json.dumps(value, default=named)
    for name, inner in raw.items():
        text = text.replace(name, inner)
    return text.encode()


@dataclass
class Damaging(Direct):
    """The edge without a socket: answers as bytes, read as those that come over one.

    Attributes:
        damage: What is done to them; None: nothing.
        said: All undamaged answers, by operation, in order.
    """

    damage: Damage | None = None
    said: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)

    def send(
        self,
        operation: str,
        parameters: Mapping[str, str],
        *,
        timeout_s: float,  # noqa: ARG002  # the protocol's
    ) -> Mapping[str, Any]:
        answer = self.gateway.call(operation, parameters, Caller(authorizer=self.authorizer))
        said = self.said.setdefault(operation, [])
        occurrence = len(said)
        said.append(answer.body)
        body = answer.body
        if self.damage and self.damage.applies(operation, occurrence):
            body = changed(body, self.damage.path, ODD[self.damage.odd])
        return read_answer(answer.status, answer.headers, as_bytes(body))


def recorded(name: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """What ECS answers to a case when nothing is odd, by operation."""
    return _played(name, None)[1].said


def damages(name: str) -> Iterator[Damage]:
    """Everything that can be odd in a case.

    Each node that the code knows by name, in each way, once and always; of the others, which it
    cannot read, each in one way. Of the answers to one operation the first is taken, and each that
    has a node which none before it had. Of rows that are alike some stand for all. With a fault,
    the answers that are errors.
    """
    number = 0
    errors_only = CASES[name].fault is not None
    for operation, answers in recorded(name).items():
        seen: set[Path] = set()
        for occurrence, answer in enumerate(answers):
            if errors_only and "Code" not in answer:
                continue
            fresh = [path for path in nodes(answer) if path not in seen]
            seen.update(fresh)
            for path in filter(_stands_for_itself, fresh):
                known = _KNOWN.issuperset(one for one in path if isinstance(one, str))
                number += 1
                for odd in ODD if known else [_WAYS[number % len(_WAYS)]]:
                    yield Damage(operation, occurrence, path, odd)
                    if known:
                        yield Damage(operation, occurrence, path, odd, always=True)


def _stands_for_itself(path: Path) -> bool:
    """Is it of the first rows, or by what rows differ?"""
    row = next((one for one in path if isinstance(one, int)), 0)
    return row < _FIRST_ROWS or not _DIFFERENT.isdisjoint(path)


def check(name: str, damage: Damage) -> str:
    """Play a case with this damage; how it ended: ``report`` or an error's class.

    Raises:
        FuzzError: not as it must.
    """
    run, transport = _played(name, damage)
    try:
        return run.check(hidden(damage, transport), _denied(damage))
    except FuzzError as error:
        raise FuzzError(f"{name}: {damage}: {error}") from run.error


def outcomes_of(part: tuple[str, int, int]) -> tuple[Counter[str], list[str]]:
    """Check every so-many-eth damage of a case: how they ended, and what was wrong. No log."""
    logging.disable()
    name, first, step = part
    outcomes: Counter[str] = Counter()
    wrong: list[str] = []
    for number, damage in enumerate(damages(name)):
        if number % step == first:
            try:
                outcomes[check(name, damage)] += 1
            except FuzzError as error:
                wrong.append(str(error))
    return outcomes, wrong


def _played(name: str, damage: Damage | None) -> tuple[Run, Damaging]:
    run = Run(CASES[name])
    transport = Damaging(run.stage.gateway, damage=damage)
    run.play(transport)
    return run, transport


def _denied(damage: Damage) -> frozenset[str]:
    """Those of whom ECS itself said, in a form that is right, that it did nothing to them."""
    is_code = damage.path[-1:] == ("Code",) and isinstance(ODD[damage.odd], str)
    return NAMED_DEV if is_code else frozenset()


def hidden(damage: Damage, transport: Damaging) -> frozenset[str]:
    """Those of whose guard ECS itself said, in a form that is right, that it is not there."""
    *outer, row = (*damage.path, None, None, None)[:3]
    if outer != ["Instances", "Instance"] or not _hides(damage.path[3:], damage.odd):
        return frozenset()
    answers = [
        answer
        for number, answer in enumerate(transport.said[damage.operation])
        if damage.applies(damage.operation, number)
    ]
    rows = [answer.get("Instances", {}).get("Instance", []) for answer in answers]
    return frozenset(
        some[row]["InstanceId"] for some in rows if isinstance(row, int) and row < len(some)
    )


def _hides(path: Path, odd: str) -> bool:
    """Does this, at this place of an instance's row, say in the right form that it has no guard?"""
    value = ODD[odd]
    match path:
        case ("Tags",) | ("Tags", "Tag", int()) | ("OperationLocks", "LockReason", int()):
            return value is GONE
        case ("Tags", "Tag") | ("OperationLocks", "LockReason"):
            return value == []
        case ("Tags", "Tag", int(), "TagKey" | "TagValue"):
            return isinstance(value, str) and value != ""
        case ("DeletionProtection",):
            return value is False
        case _:
            return False
