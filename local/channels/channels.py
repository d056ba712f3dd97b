"""The channels on the emulator's port: five, each with its limit, and a page of their messages.

    POST /robot/send          DingTalk        20 a minute, then none for ten minutes
    POST /open-apis/bot/…     Feishu          100 a minute, 5 a second
    POST /cgi-bin/webhook/…   WeCom           20 a minute
    POST /services/…          Slack           1 a second, after a burst of five
    POST /curfew              the generic form
    GET  /channels/           the page

Limits are of "Custom robot" (DingTalk), "Use bots in groups" (Feishu), "Group robots" (WeCom) and
"Rate limits" (Slack, which allows short bursts of an unstated length).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from local.channels import tools
from local.channels.message import Received
from local.channels.page import NAMES, page
from local.channels.tools import KEY, SECRET, NotTaken, Taken
from local.ecs.http.messages import HttpReply, HttpRequest
from local.ecs.http.panels import Panel
from local.ecs.server import Neighbour, Served
from shared.base.times import CHINA

PAGE = "/channels/"
_SHOWN_LINES = 6
KEPT = 200
"""How many messages are remembered."""
LINK_KEY = "local" * 8
"""The key for links of functions served here."""


@dataclass(frozen=True, slots=True)
class _Limit:
    """A limit: this many messages per period, or this refusal, and then none for a while."""

    count: int
    period: timedelta
    refusal: NotTaken
    blocked_for: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class _Tool:
    kind: str
    prefix: str
    take: Callable[[HttpRequest, datetime], Taken]
    limits: tuple[_Limit, ...] = ()


_MINUTE, _SECOND = timedelta(minutes=1), timedelta(seconds=1)
_TOOLS = (
    _Tool(
        "dingtalk",
        "/robot/send",
        tools.dingtalk,
        (_Limit(20, _MINUTE, NotTaken(130101, "send too fast"), timedelta(minutes=10)),),
    ),
    _Tool(
        "feishu",
        "/open-apis/bot/v2/hook/",
        tools.feishu,
        (
            _Limit(100, _MINUTE, NotTaken(11232, "too many request")),
            _Limit(5, _SECOND, NotTaken(11232, "too many request")),
        ),
    ),
    _Tool(
        "wecom",
        "/cgi-bin/webhook/send",
        tools.wecom,
        (_Limit(20, _MINUTE, NotTaken(45009, "api freq out of limit")),),
    ),
    _Tool(
        "slack",
        "/services/",
        tools.slack,
        (_Limit(5, 5 * _SECOND, NotTaken(429, "rate_limited")),),
    ),
    _Tool("generic", "/curfew", tools.generic),
)


def environment(url: str) -> Mapping[str, str]:
    """The variables that make functions served beside it notify all channels, and make links."""
    addresses = (
        f"{url}/robot/send?access_token={KEY}#{SECRET}",
        f"{url}/open-apis/bot/v2/hook/{KEY}#{SECRET}",
        f"{url}/cgi-bin/webhook/send?key={KEY}",
        f"{url}/services/T0/B0/{KEY}",
        f"{url}/curfew#{SECRET}",
    )
    return {
        "CURFEW_NOTIFY": " ".join(addresses),
        "CURFEW_NOTIFY_ON": "failed,changed,planned,nothing_matched",
        "CURFEW_LINK_KEY": LINK_KEY,
        "CURFEW_LINK_URL": f"{url}/domain/curfew-extend-lease",
    }


class Channels:
    """What was sent to the channels. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._received: deque[Received] = deque(maxlen=KEPT)
        self._came: dict[str, deque[datetime]] = {one.kind: deque(maxlen=KEPT) for one in _TOOLS}
        self._blocked_until: dict[str, datetime] = {}

    def received(self) -> list[Received]:
        """The messages, newest first."""
        with self._lock:
            return list(reversed(self._received))

    def neighbour(self) -> Neighbour:
        """The neighbour for the emulator's server."""
        return Neighbour((PAGE, *(one.prefix for one in _TOOLS)), self.handle)

    def panel(self) -> Panel:
        """What the emulator's status page shows about them."""
        return Panel(
            "Chat channels",
            self._rows,
            empty=f"Nothing yet. To see the messages as people do: {PAGE}",
        )

    def handle(self, ecs: Served, request: HttpRequest) -> HttpReply:
        """Answer a request to a channel, or for the page."""
        if request.path.startswith(PAGE):
            return page(self.received())
        tool = next(one for one in _TOOLS if request.path.startswith(one.prefix))
        now = ecs.clock.now()
        with self._lock:
            try:
                if request.method != "POST":
                    raise NotTaken(405, "method not allowed")  # noqa: TRY301  # answered alike
                self._check_pace(tool, now)
                taken = tool.take(request, now)
            except NotTaken as refusal:
                return self._refuse(tool, now, refusal)
            except (KeyError, TypeError, ValueError, AttributeError, IndexError):
                return self._refuse(tool, now, NotTaken(400, "invalid_payload"))
            self._received.append(
                Received(tool.kind, now, "ok", taken.title, taken.lines, is_taken=True)
            )
            return tools.yes(tool.kind)

    def _check_pace(self, tool: _Tool, now: datetime) -> None:
        came = self._came[tool.kind]
        for limit in tool.limits:
            blocked = now < self._blocked_until.get(tool.kind, now)
            if blocked or sum(now - one < limit.period for one in came) >= limit.count:
                if limit.blocked_for and not blocked:
                    self._blocked_until[tool.kind] = now + limit.blocked_for
                raise limit.refusal
        came.append(now)

    def _refuse(self, tool: _Tool, now: datetime, refusal: NotTaken) -> HttpReply:
        said = f"{refusal.code} {refusal.words}"
        self._received.append(Received(tool.kind, now, said, is_taken=False))
        return tools.no(tool.kind, refusal)

    def _rows(self) -> list[Mapping[str, str]]:
        return [
            {
                "Channel": f"{NAMES[one.kind]}\n{one.at.astimezone(CHINA):%H:%M:%S} +08:00",
                "Message": _beginning(one.text) if one.is_taken else f"refused: {one.answer}",
            }
            for one in self.received()
        ]


def _beginning(text: str) -> str:
    """The first lines of a message; the page has all of it."""
    lines = text.splitlines()
    more = f"\n… {len(lines) - _SHOWN_LINES} lines more: {PAGE}" if lines[_SHOWN_LINES:] else ""
    return "\n".join(lines[:_SHOWN_LINES]) + more
