"""An invocation's notices: to all channels at once, when the report is final.

A failed notice is a warning, never the run's outcome, and is not sent again: after refusing a
message for coming too fast, the tools respond to a second one by refusing for longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial

import msgspec

from shared.base.clock import Clock
from shared.base.errors import Refused
from shared.base.parallel import Runner
from shared.notify import dingtalk, feishu, generic, slack, wecom
from shared.notify.channels import Channel, Channels, Kind, read_channels
from shared.notify.echo import without_secrets
from shared.notify.leases import MAX_MESSAGES, InTime, Linking, due, left_over_in_words, pages
from shared.notify.message import Run, text_of
from shared.notify.outgoing import Answer, Outgoing, OutOfTime
from shared.report.log import log_unforeseen
from shared.settings.notices import NoticeSettings, read_notice_settings

LONGEST_S = 3.0
"""How long all notices of an invocation may take, in parallel; reserved from its time."""

_LEAST_S = 0.2

Post = Callable[[Outgoing, float], Answer]
"""Sends once, within this many seconds.

Raises:
    NotTold: there is no response; the message says why and repeats no address.
"""


class NotTold(Exception):  # noqa: N818  # a channel was not told
    """A channel was not reached, or did not respond."""


class Told(msgspec.Struct, frozen=True):
    """The outcome of one notice.

    Attributes:
        channel: Its name; "" of all.
        problem: A sentence that says why it was not notified; "" if it was.
    """

    channel: str
    problem: str = ""


class Notices(msgspec.Struct, frozen=True):
    """Which channels are notified of which runs.

    Attributes:
        channels: From ``CURFEW_NOTIFY``.
        settings: The other choices.
    """

    channels: Channels
    settings: NoticeSettings

    def wanted(self, run: Run) -> bool:
        """Is there anything to report about a run?"""
        return bool(self.channels.usable) and (self._is_told(run) or _is_before(run))

    def tell(
        self, run: Run, post: Post, side_by_side: Runner, clock: Clock, *, left_s: float
    ) -> list[Told]:
        """Notify every channel of a run.

        Args:
            run: The run to report.
            post: How it is sent.
            side_by_side: How several channels are notified at once.
            clock: For signatures, and for how long it takes.
            left_s: How long it may take, at most ``LONGEST_S``.
        """
        channels = self.channels.usable
        if left_s < _LEAST_S:
            return [Told("", "no notice was sent: no time was left for it")]
        time = _Time(clock, clock.now() + timedelta(seconds=left_s))

        def told(channel: Channel) -> list[Told]:
            try:
                return list(self._told(channel, run, post, time))
            except Exception as error:  # noqa: BLE001  # the others are told all the same
                problem = log_unforeseen(error)
                return [Told(channel.name, f"no notice to {channel.name}: {problem}")]

        each = side_by_side(told, channels, at_once=max(1, len(channels)))
        return [one for told_of in each for one in told_of]

    def _told(self, channel: Channel, run: Run, post: Post, time: _Time) -> Iterator[Told]:
        """Send one channel everything, message by message, until one is not accepted."""
        notice = self._notice(channel, run, time.is_left)
        problem = ""
        for compose in notice.messages:
            problem = problem or _sent(channel, compose, post, time)
        if notice.messages:
            yield Told(channel.name, problem and f"no notice to {channel.name}: {problem}")
        if notice.left_over:
            why = "is too long" if notice.in_time else "was not composed in time"
            left = left_over_in_words(notice.left_over)
            yield Told(channel.name, f"the notice to {channel.name} {why}; {left}")

    def _notice(self, channel: Channel, run: Run, in_time: InTime) -> _Notice:
        """What one channel is sent about a run."""
        settings = self.settings
        linking = Linking(run.account, settings.link_url, settings.link_key)
        if channel.kind is Kind.GENERIC:
            return _Notice((lambda now: generic.request(channel, run, linking, now, in_time),))
        form = _FORMS[channel.kind]
        language = settings.language or ("zh" if channel.kind in _IN_CHINESE else "en")
        besides = [text_of(run, language)] if self._is_told(run) else []
        most = MAX_MESSAGES - len(besides)
        before = pages(run, language, form, linking, most=most, in_time=in_time)
        messages = (partial(form.request, channel, text) for text in (*before.texts, *besides))
        return _Notice(tuple(messages), before.left_over, before.in_time)

    def _is_told(self, run: Run) -> bool:
        """Is it a run to report, apart from an advance notice?"""
        return bool(run.occasions() & self.settings.occasions)


class _Notice(msgspec.Struct, frozen=True):
    """One channel's messages, each made when it is sent, and what they leave out."""

    messages: tuple[Callable[[datetime], Outgoing], ...]
    left_over: Mapping[str, int] = {}
    in_time: bool = True

    def __repr__(self) -> str:
        return "_Notice(***)"


class _Time(msgspec.Struct, frozen=True):
    """The time left for everything."""

    clock: Clock
    until: datetime

    def left_s(self) -> float:
        """How long that is."""
        return (self.until - self.clock.now()).total_seconds()

    def is_left(self) -> bool:
        """Is it enough for another message?"""
        return self.left_s() >= _LEAST_S


def _sent(
    channel: Channel, compose: Callable[[datetime], Outgoing], post: Post, time: _Time
) -> str:
    """Compose and send a message; why the channel did not accept it, "" if it did."""
    try:
        outgoing = compose(time.clock.now()) if time.is_left() else None
    except OutOfTime:
        outgoing = None
    if outgoing is None or not time.is_left():
        return "there was no time left for all of it"
    return _posted(channel, outgoing, post, time.left_s())


def _posted(channel: Channel, outgoing: Outgoing, post: Post, left_s: float) -> str:
    """Why a channel did not accept a message; "" if it did."""
    judge = generic.problem if channel.kind is Kind.GENERIC else _FORMS[channel.kind].problem
    try:
        answer = post(outgoing, left_s)
    except NotTold as failure:
        return str(failure)
    problem = judge(answer)
    if not problem or channel.kind is Kind.GENERIC:  # which repeats nothing of the response
        return problem
    return without_secrets(problem, channel, outgoing)


def _is_before(run: Run) -> bool:
    return bool(due(*run.reports))


_IN_CHINESE = {Kind.DINGTALK, Kind.FEISHU, Kind.WECOM}
_FORMS = {
    Kind.DINGTALK: dingtalk,
    Kind.FEISHU: feishu,
    Kind.LARK: feishu,
    Kind.WECOM: wecom,
    Kind.SLACK: slack,
}


def read_notices(environ: Mapping[str, str]) -> Notices:
    """The channels in an environment; its other settings, if invalid, end the run anyway."""
    try:
        settings = read_notice_settings(environ)
    except Refused:
        settings = NoticeSettings()
    return Notices(read_channels(environ.get("CURFEW_NOTIFY", "")), settings)
