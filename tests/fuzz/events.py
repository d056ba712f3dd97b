"""Events as nobody sends them: the samples, mutated in their structure and in their bytes.

Everything comes from a seed, so that a number names an event for ever. A mutation goes into the
text that an envelope holds as well, base64 or not, and puts it back in the same form.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from shared.request.no_request import REQUEST_FIELDS

SAMPLES = Path(__file__).parents[2] / "events"

_FIELDS = sorted(REQUEST_FIELDS)
_ENVELOPE_FIELDS = (
    "Message",
    "TopicName",
    "attrs",
    "body",
    "data",
    "isBase64Encoded",
    "messageBody",
    "payload",
    "rawPath",
    "specversion",
    "time",
    "triggerTime",
    "value",
)
_VALUES: tuple[object, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2**63,
    -(10**400),
    0.5,
    1e308,
    "",
    " ",
    "*",
    "**",
    "null",
    "true",
    "{}",
    "[]",
    "e30=",
    "i-bp1yejpzebl2fu23tabb",
    "i-bp1yejpzebl2fu23tabb\n",
    "cn-hangzhou",
    "dev-*",
    "2h",
    "999999d",
    "0m",
    "p1-0123456789abcdef-AAAAAAA",
    "2026-11-21T00:00:00Z",
    "9999-12-31T23:59:59+00:01",
    "0001-01-01T00:00:00+23:59",
    "\x00",
    "\u202e\u0000\uffff",
    "\ud83d",
    "x" * 5000,
    "開" * 300,
    [],
    {},
    [[]],
    [None],
    {"": None},
    {"team": "dev"},
    {"team": ["dev", "*"]},
    ["i-bp1yejpzebl2fu23tabb"] * 3,
)
_RAW = (
    b"",
    b"null",
    b"\xff\xfe\x00",
    b"\xef\xbb\xbf{}",
    b"NaN",
    b"[" * 100_000,
    b'{"a":' * 20_000,
    b'{"name":"a","name":"b"}',
    b"[{},{}]",
    b'[[{"name":"a"}]]',
    b'{"name":Infinity}',
    b'{"name":"\\ud83d"}',
    b'"' + b"a" * 100_000 + b'"',
    b"9" * 5000,
    b"e30=",
)


_ACTION = re.compile(rb'\\*"action\\*":\s*\\*"\w+\\*",\s*')
"""Without it a request may be for any function, so more of them read on."""


class Fuzzer:
    """Makes events; the same ones for the same seed."""

    def __init__(self, seed: int | str) -> None:
        self._dice = Random(seed)  # noqa: S311  # events to be repeated, not secrets
        samples = [path.read_bytes() for path in sorted(SAMPLES.glob("*.json"))]
        self._samples = samples + [_ACTION.sub(b"", sample) for sample in samples]

    def event(self) -> bytes:
        """The next event."""
        kind = self._dice.random()
        if kind < 0.02:
            return self._dice.choice(_RAW)
        if kind < 0.04:
            return self._dice.randbytes(self._dice.randrange(200))
        event = self._mutated(self._dice.choice(self._samples))
        if kind < 0.25:
            event = self._damaged(event)
        return event

    def _mutated(self, sample: bytes) -> bytes:
        value = json.loads(sample)
        for _ in range(self._dice.choice((0, 1, 1, 1, 2, 3, 8))):
            value = self._mutate(value)
        text = json.dumps(value, ensure_ascii=self._dice.random() < 0.5)
        if self._dice.random() < 0.05 and text.startswith("{"):
            field, twin = self._dice.choice(_FIELDS), json.dumps(self._dice.choice(_VALUES))
            text = f'{{"{field}": {twin}, {text[1:]}'
        return text.encode("utf-8", "surrogatepass")

    def _mutate(self, value: object) -> object:
        """The value with one change, somewhere in it."""
        if isinstance(value, dict) and value and self._dice.random() < 0.8:
            return self._mutate_object(value)
        if isinstance(value, list) and value and self._dice.random() < 0.8:
            return self._mutate_list(value)
        if isinstance(value, str) and self._dice.random() < 0.8:
            return self._mutate_text(value)
        return self._dice.choice(_VALUES)

    def _mutate_object(self, value: dict[str, object]) -> dict[str, object]:
        field = self._dice.choice(list(value))
        changes: Sequence[Callable[[], dict[str, object]]] = (
            lambda: {**value, field: self._mutate(value[field])},
            lambda: {**value, field: self._mutate(value[field])},
            lambda: {**value, field: self._mutate(value[field])},
            lambda: {key: other for key, other in value.items() if key != field},
            lambda: {(f"{key}s" if key == field else key): other for key, other in value.items()},
            lambda: {**value, self._dice.choice(_FIELDS): self._dice.choice(_VALUES)},
            lambda: {**value, self._dice.choice(_ENVELOPE_FIELDS): self._dice.choice(_VALUES)},
            lambda: {**value, field: value},
        )
        return self._dice.choice(changes)()

    def _mutate_list(self, value: list[object]) -> list[object]:
        index = self._dice.randrange(len(value))
        changed = self._mutate(value[index])
        return self._dice.choice(
            (
                [*value[:index], changed, *value[index + 1 :]],
                [*value[:index], *value[index + 1 :]],
                [*value, changed],
                (value * 50)[:100],
            )
        )

    def _mutate_text(self, value: str) -> object:
        """Of text that holds a request, the request; of other text, a letter."""
        try:
            return json.dumps(self._mutate(json.loads(value)))
        except ValueError:
            pass
        try:
            inner = json.loads(base64.b64decode(value, validate=True))
        except ValueError:
            pass
        else:
            mutated = json.dumps(self._mutate(inner)).encode()
            return base64.b64encode(mutated).decode()
        place = self._dice.randrange(len(value) + 1)
        letter = self._dice.choice(("", "\x00", "é", "*", " ", "\n", "\u202e", "9", "-"))
        return value[:place] + letter + value[place + self._dice.randrange(2) :]

    def _damaged(self, event: bytes) -> bytes:
        """The event with some bytes changed, lost or added."""
        damaged = bytearray(event)
        for _ in range(self._dice.randrange(1, 5)):
            place = self._dice.randrange(len(damaged) + 1)
            change = self._dice.randrange(4)
            if change == 0:
                damaged[place:place] = self._dice.randbytes(self._dice.randrange(1, 4))
            elif change == 1:
                del damaged[place : place + self._dice.randrange(1, 9)]
            elif change == 2:  # the third of four
                damaged[place : place + 1] = self._dice.randbytes(1)
            else:
                del damaged[place:]
        return bytes(damaged)
