"""Slack's incoming webhooks ("Incoming webhooks", "Formatting text for app surfaces", Slack docs).

Blocks: a header of at most 150 characters, sections of at most 3,000, fifty in all; one message a
second. ``&``, ``<`` and ``>`` begin all of Slack's syntax; with ``verbatim`` it detects no
addresses and names itself, but still turns ``:x:`` into an emoji. It responds with 200 and ``ok``,
or another status with a word such as ``invalid_payload``, and 429 if messages come too fast.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from shared.notify.channels import Channel
from shared.notify.message import Line, Text
from shared.notify.outgoing import Answer, Outgoing, as_bytes, fitted, posted
from shared.notify.plain import in_markdown

MAX_HEADER = 150
MAX_SECTION = 3_000
MAX_BYTES = 30_000

_EMOJI = re.compile(r":(?!\d\d[:+]|autoscaling:scalingGroupId)(?=[^\s:]+:)")
"""The colon that begins one; ``20:02:00+08:00`` has none, nor has the tag key of scaling groups."""


def request(channel: Channel, text: Text, now: datetime) -> Outgoing:  # noqa: ARG001  # as the others
    """The POST of a text."""
    return posted(channel.url, fitted(text, _body, MAX_BYTES))


def room(text: Text) -> int:
    """How many bytes are left for lines besides the rest of a text.

    Two consecutive sections are together longer than the limit of one, so there are never more of
    them than counted here.
    """
    sections = 2 * MAX_BYTES // MAX_SECTION + 1
    return MAX_BYTES - len(_body(text)) - sections * (len(as_bytes(_section(""))) + 1)


def size(line: Line, text: Text) -> int:
    """How many of them a line takes at most; its separator is shorter than quotes."""
    return sum(len(as_bytes(one)) for one in _line(line, text))


def problem(answer: Answer) -> str:
    """Why it was not accepted; "" if it was."""
    said = answer.body.decode(errors="replace").strip()
    if answer.status == 200 and said == "ok":  # noqa: PLR2004  # HTTP's
        return ""
    return f"HTTP {answer.status}: {said}"


def _body(text: Text) -> bytes:
    title = _shown(text.title)
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": title[:MAX_HEADER]}},
        *(_section(part) for part in _parts([_shown(one) for one in text.facts])),
        *(
            _section(part)
            for part in _parts([one for line in text.lines for one in _line(line, text)])
        ),
        *(_section(_shown(one)) for one in (text.more_in_words(), text.advice) if one),
        {"type": "context", "elements": [_mrkdwn(_shown(text.footer))]},
    ]
    return as_bytes({"text": title, "blocks": blocks})


def _line(line: Line, text: Text) -> Iterator[str]:
    if line.heading:
        yield f"*{_shown(line.heading)}*"
    link = f" <{line.link}|{text.link_words()}>" if line.link else ""
    yield f"• *{_shown(line.name)}* {_shown(line.text)}{link}"


def _parts(lines: list[str]) -> Iterator[str]:
    """The lines in as few sections as possible."""
    part = ""
    for line in lines:
        if part and len(part) + 1 + len(line) > MAX_SECTION:
            yield part
            part = ""
        part = f"{part}\n{line}" if part else line[:MAX_SECTION]
    if part:
        yield part


def _shown(text: str) -> str:
    """The text, safe from Slack's syntax; a colon may become its full-width twin."""
    return _EMOJI.sub("\uff1a", in_markdown(text))


def _section(text: str) -> dict[str, object]:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> dict[str, object]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}
