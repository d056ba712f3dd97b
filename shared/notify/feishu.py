"""Feishu's and Lark's custom bots ("Use bots in groups", Feishu open platform).

A post of plain text and links, in which no text is parsed as markup; the body at most 20 KB; 100
messages a minute, 5 a second, and fewer at the full and half hour (11232). The signature is not
DingTalk's: the time, in seconds, and the secret are the *key*, the message is empty, and both are
in the body. A refusal is HTTP 200 with a code: 19021 signature, 19024 keyword, 19022 address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime

from shared.notify.channels import Channel
from shared.notify.message import Line, Text
from shared.notify.outgoing import (
    Answer,
    Outgoing,
    answered_json,
    as_bytes,
    fitted,
    is_zero,
    posted,
)
from shared.notify.plain import harmless

MAX_BYTES = 20_000

_UNSIGNED = {"timestamp": "0" * 10, "sign": "0" * 44}
"""As long as a signature is."""

_Element = dict[str, str]


def request(channel: Channel, text: Text, now: datetime) -> Outgoing:
    """The POST of a text."""
    signed = _signature(channel, now)
    return posted(channel.url, fitted(text, lambda one: _body(one, signed), MAX_BYTES))


def room(text: Text) -> int:
    """How many bytes are left for lines besides the rest of a text."""
    return MAX_BYTES - len(_body(text, _UNSIGNED))


def size(line: Line, text: Text) -> int:
    """How many of them a line takes, with its separator."""
    return sum(len(as_bytes(one)) + 1 for one in _line(line, text))


def problem(answer: Answer) -> str:
    """Why the bot did not accept it; "" if it did.

    Older bots return ``StatusCode``, newer ones ``code``, some both.
    """
    said = answered_json(answer)
    codes = [said[name] for name in ("code", "StatusCode") if name in said]
    if answer.status == 200 and codes and all(map(is_zero, codes)):  # noqa: PLR2004  # HTTP's
        return ""
    if code := next(filter(None, codes), None):
        return f"code {code}: {said.get('msg', said.get('StatusMessage', ''))}"
    return f"HTTP {answer.status} without a code"


def _body(text: Text, signed: dict[str, str]) -> bytes:
    paragraphs = [
        *([_text(fact)] for fact in text.facts),
        *(paragraph for line in text.lines for paragraph in _line(line, text)),
        *([_text(part)] for part in (text.more_in_words(), text.advice, text.footer) if part),
    ]
    post = {"title": harmless(text.title), "content": paragraphs}
    locale = {"zh": "zh_cn", "en": "en_us"}[text.language]
    return as_bytes({**signed, "msg_type": "post", "content": {"post": {locale: post}}})


def _line(line: Line, text: Text) -> Iterator[list[_Element]]:
    if line.heading:
        yield [_text(line.heading)]
    elements = [_text(f"• {line.name} {line.text}{' ' if line.link else ''}")]
    if line.link:
        elements.append({"tag": "a", "text": text.link_words(), "href": line.link})
    yield elements


def _text(text: str) -> _Element:
    return {"tag": "text", "text": harmless(text)}


def _signature(channel: Channel, now: datetime) -> dict[str, str]:
    if not channel.secret:
        return {}
    timestamp = str(int(now.timestamp()))
    key = f"{timestamp}\n{channel.secret}".encode()
    made = hmac.new(key, b"", hashlib.sha256).digest()
    return {"timestamp": timestamp, "sign": base64.b64encode(made).decode()}
