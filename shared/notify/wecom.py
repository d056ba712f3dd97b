"""WeCom's group robots ("Group robots", WeCom developer centre).

Markdown of at most 4,096 bytes of UTF-8, in which a Chinese character is three; of lists it knows
nothing. 20 messages a minute. There is no signature: the key in the address is all. It answers as
DingTalk does; 40058 is "too long"; that 45009 is the one for the pace is not confirmed.
"""

from __future__ import annotations

from datetime import datetime

from shared.notify import dingtalk
from shared.notify.channels import Channel
from shared.notify.markdown import markdown
from shared.notify.message import Text
from shared.notify.outgoing import Outgoing, as_bytes, fitted, posted

MAX_BYTES = 4_096

problem = dingtalk.problem


def request(channel: Channel, text: Text, now: datetime) -> Outgoing:  # noqa: ARG001  # as the others
    """The POST of a text."""
    content = fitted(text, _content, MAX_BYTES).decode()
    return posted(channel.url, as_bytes({"msgtype": "markdown", "markdown": {"content": content}}))


def fits(text: Text) -> bool:
    """Is all of a text taken as one message?"""
    return len(_content(text)) <= MAX_BYTES


def _content(text: Text) -> bytes:
    return markdown(text, item="> ", title="### ").encode()
