"""An invocation's notices: to all channels at once, when what is to be told is final.

A notice that fails is a warning, never the run's outcome, and is not sent again: the tools answer a
second one after a refusal for the pace by refusing longer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from shared.ecs.masking import forms_of, masked
from shared.errors import Refused
from shared.notice_settings import NoticeSettings, read_notice_settings
from shared.notify import dingtalk, feishu, generic, slack, wecom
from shared.notify.channels import Channel, Channels, Kind, read_channels
from shared.notify.message import Run, Text, text_of
from shared.notify.outgoing import Answer, Outgoing
from shared.notify.words import Spoken
from shared.parallel import Runner
from shared.printable import printable

LONGEST_S = 3.0
"""What all notices of an invocation may take, side by side; kept back from its time."""

_LEAST_S = 0.2
_MAX_SAID = 200

Post = Callable[[Outgoing, float], Answer]
"""Sends once, within so many seconds.

Raises:
    NotTold: there is no answer; the message says why and repeats no address.
"""


class NotTold(Exception):  # noqa: N818  # a channel was not told
    """A channel was not reached, or did not answer."""


class Told(msgspec.Struct, frozen=True):
    """What came of one notice.

    Attributes:
        channel: Its name; "" of all.
        problem: A sentence that says why it was not told; "" if it was.
    """

    channel: str
    problem: str = ""


class Notices(msgspec.Struct, frozen=True):
    """Who is told of which runs.

    Attributes:
        channels: From ``CURFEW_NOTIFY``.
        settings: The other choices.
    """

    channels: Channels
    settings: NoticeSettings

    def wanted(self, run: Run) -> bool:
        """Is this a run to tell of?"""
        return bool(self.channels.usable and run.occasions() & self.settings.occasions)

    def tell(
        self, run: Run, post: Post, side_by_side: Runner, *, now: datetime, left_s: float
    ) -> list[Told]:
        """Tell every channel of a run.

        Args:
            run: What there is to tell.
            post: How it is sent.
            side_by_side: How several are sent at once.
            now: For signatures.
            left_s: How long it may take, at most ``LONGEST_S``.
        """
        channels = self.channels.usable
        if left_s < _LEAST_S:
            return [Told("", "no notice was sent: there was no time left for it")]

        def told(channel: Channel) -> Told:
            problem = self._told(channel, run, post, now=now, left_s=left_s)
            return Told(channel.name, problem and f"no notice to {channel.name}: {problem}")

        return side_by_side(told, channels, at_once=max(1, len(channels)))

    def _told(self, channel: Channel, run: Run, post: Post, *, now: datetime, left_s: float) -> str:
        """Why one channel was not told; "" if it was."""
        if channel.kind is Kind.GENERIC:
            outgoing, judge = generic.request(channel, run, now), generic.problem
        else:
            form = _FORMS[channel.kind]
            outgoing, judge = form.request(channel, self._text(channel, run), now), form.problem
        try:
            answer = post(outgoing, left_s)
        except NotTold as failure:
            return str(failure)
        return without_secrets(judge(answer), channel)

    def _text(self, channel: Channel, run: Run) -> Text:
        spoken: Spoken = "zh" if channel.kind in _IN_CHINESE else "en"
        return text_of(run, self.settings.language or spoken)


_IN_CHINESE = {Kind.DINGTALK, Kind.FEISHU, Kind.WECOM}
_FORMS = {
    Kind.DINGTALK: dingtalk,
    Kind.FEISHU: feishu,
    Kind.LARK: feishu,
    Kind.WECOM: wecom,
    Kind.SLACK: slack,
}


def read_notices(environ: Mapping[str, str]) -> Notices:
    """Whom an environment wants told; what is wrong with its other choices ends the run anyhow."""
    try:
        settings = read_notice_settings(environ)
    except Refused:
        settings = NoticeSettings()
    return Notices(read_channels(environ.get("CURFEW_NOTIFY", "")), settings)


def without_secrets(said: str, channel: Channel) -> str:
    """What a channel said, without its own address should it repeat that, and not too long."""
    secrets = forms_of(channel.url, channel.secret, *_tokens(channel.url))
    said = masked(said.encode(errors="replace"), secrets).decode(errors="replace")
    return printable(said[:_MAX_SAID])


def _tokens(url: str) -> list[str]:
    """Every part of an address that may be a key: of its path and of its query."""
    return re.split("[/?&=]", url.partition("://")[2])[1:]
