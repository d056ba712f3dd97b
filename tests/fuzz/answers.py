"""Answers as ECS never gives them: real ones of the emulator, each node in turn made odd.

A node is named by its path: keys and positions from the top of the answer. Everything is counted,
nothing thrown by dice, so the same damage has the same number for ever.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.ecs.access import Caller
from local.ecs.log import is_mutating
from shared.ecs_answer import read_answer
from tests.safety.stage import Direct

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
        wrote: The instances, or disks, to which something was really done.
    """

    damage: Damage | None = None
    said: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    wrote: set[str] = field(default_factory=set)

    def send(
        self,
        operation: str,
        parameters: Mapping[str, str],
        *,
        timeout_s: float,  # noqa: ARG002  # the protocol's
    ) -> Mapping[str, Any]:
        answer = self.service.call(operation, parameters, Caller(authorizer=self.authorizer))
        said = self.said.setdefault(operation, [])
        occurrence = len(said)
        said.append(answer.body)
        if is_mutating(operation) and not answer.code:
            self.wrote.update(_done_to(parameters, answer.body))
        body = answer.body
        if self.damage and self.damage.applies(operation, occurrence):
            body = changed(body, self.damage.path, ODD[self.damage.odd])
        return read_answer(answer.status, answer.headers, as_bytes(body))


def _done_to(parameters: Mapping[str, str], answer: Mapping[str, Any]) -> Iterator[str]:
    """What a write named, without the members of a batch that ECS refused."""
    responses = answer.get("InstanceResponses", {}).get("InstanceResponse", ())
    refused = {one["InstanceId"] for one in responses if str(one["Code"]) != "200"}
    for name, value in parameters.items():
        if name.partition(".")[0] in {"InstanceId", "DiskId"} and value not in refused:
            yield value
