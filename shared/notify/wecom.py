"""WeCom's group robots ("Group robots", WeCom developer centre).

Markdown of at most 4,096 bytes of UTF-8, in which a Chinese character takes three; it does not
support lists. 20 messages a minute. There is no signature: the key in the address is the only
secret. It responds as DingTalk does; 40058 is "too long"; that 45009 means too many messages is
unverified.
"""

from __future__ import annotations

from datetime import datetime

from shared.notify import dingtalk
from shared.notify.channels import Channel
from shared.notify.markdown import markdown, markdown_line
from shared.notify.message import Line, Text
from shared.notify.outgoing import Outgoing, as_bytes, fitted, posted

MAX_BYTES = 4_096

_ITEM = "> "
_BETWEEN = 2
"""What separates the lines from what precedes them."""

problem = dingtalk.problem


def request(channel: Channel, text: Text, now: datetime) -> Outgoing:  # noqa: ARG001  # as the others
    """The POST of a text."""
    content = fitted(text, _content, MAX_BYTES).decode()
    return posted(channel.url, as_bytes({"msgtype": "markdown", "markdown": {"content": content}}))


def room(text: Text) -> int:
    """How many bytes are left for lines besides the rest of a text."""
    return MAX_BYTES - len(_content(text)) - _BETWEEN


def size(line: Line, text: Text) -> int:
    """How many of them a line takes, with its separator."""
    return len(f"{markdown_line(line, text, item=_ITEM)}\n".encode(errors="replace"))


def _content(text: Text) -> bytes:
    return markdown(text, item=_ITEM, title="### ").encode(errors="replace")
