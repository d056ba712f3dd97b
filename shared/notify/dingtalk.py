"""DingTalk's custom robots ("Custom robot", DingTalk open platform).

Markdown; the whole body under 20,000 bytes; 20 messages a minute, then none for ten. The signature
covers the time in milliseconds and the secret, and is in the query. A refusal is HTTP 200 with an
errcode: 310000 for signature, keyword or address; that 130101 means too many messages is
unverified.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote

from shared.notify.channels import Channel
from shared.notify.markdown import markdown, markdown_line
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

MAX_BYTES = 19_999

_ITEM = "- "
_BETWEEN = 4
"""What separates the lines from what precedes them."""


def request(channel: Channel, text: Text, now: datetime) -> Outgoing:
    """The POST of a text."""
    return posted(_signed(channel, now), fitted(text, _body, MAX_BYTES))


def room(text: Text) -> int:
    """How many bytes are left for lines besides the rest of a text."""
    return MAX_BYTES - len(_body(text)) - _BETWEEN


def size(line: Line, text: Text) -> int:
    """How many of them a line takes at most; its separator is as long as quotes."""
    return len(as_bytes(markdown_line(line, text, item=_ITEM)))


def problem(answer: Answer) -> str:
    """Why the bot did not accept it; "" if it did."""
    said = answered_json(answer)
    if answer.status == 200 and is_zero(said.get("errcode")):  # noqa: PLR2004  # HTTP's
        return ""
    if said.get("errcode"):
        return f"errcode {said['errcode']}: {said.get('errmsg', '')}"
    return f"HTTP {answer.status} without an errcode"


def _body(text: Text) -> bytes:
    content = {"title": text.title, "text": markdown(text, item=_ITEM, title="#### ")}
    return as_bytes({"msgtype": "markdown", "markdown": content})


def _signed(channel: Channel, now: datetime) -> str:
    if not channel.secret:
        return channel.url
    timestamp = int(now.timestamp() * 1000)
    signed = f"{timestamp}\n{channel.secret}".encode()
    made = hmac.new(channel.secret.encode(), signed, hashlib.sha256).digest()
    sign = quote(base64.b64encode(made), safe="")
    return f"{channel.url}&timestamp={timestamp}&sign={sign}"
