"""The channels that ``CURFEW_NOTIFY`` names: webhook addresses, as the chat tools show them. Pure.

They are separated by spaces; what follows the first ``#`` of one is its signing secret, undecoded:
a fragment is never sent. Host and path identify the tool:

* DingTalk: ``oapi.dingtalk.com/robot/send?access_token=…`` ("Custom robot", DingTalk docs);
* Feishu, Lark: ``open.feishu.cn``, ``open.larksuite.com``, ``/open-apis/bot/v2/hook/…`` ("Use bots
  in groups", Feishu docs);
* WeCom: ``qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…`` ("Group robots", WeCom docs);
* Slack: ``hooks.slack.com/services/…`` ("Incoming webhooks", Slack docs).

Any other host gets the generic form. On this machine, where the tools are simulated, the path
decides. The whole address is a secret: anyone who has it can write to the channel.
"""

from __future__ import annotations

import re
from enum import Enum
from urllib.parse import urlsplit

import msgspec

from shared.settings.hosts import Server, read_server
from shared.settings.settings import is_loopback

_SEPARATED = r"[,;\uff0c\uff1b\u3001](https?://|$)"
"""Separators of other list formats, within or at the end: a server would receive both."""

_ADDRESS = r"(?P<server>[A-Za-z]+://[^/?]+)(?P<path>/[!-~]*|)(?P<query>\?[!-~]*|)"


class Kind(str, Enum):
    """Which tool a channel belongs to, hence what it accepts and how it responds."""

    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    LARK = "lark"
    WECOM = "wecom"
    SLACK = "slack"
    GENERIC = "generic"


class Channel(msgspec.Struct, frozen=True):
    """Where a message goes. Its repr shows nothing.

    Attributes:
        kind: The tool.
        url: The address to post to, without the secret.
        secret: The key that signs the message; "": it is not signed.
        position: Which of the addresses it is, from 1; names it without showing it.
    """

    kind: Kind
    url: str
    secret: str
    position: int

    def __repr__(self) -> str:
        return "Channel(***)"

    @property
    def name(self) -> str:
        """What people call it: ``address 2 (wecom)``."""
        return f"address {self.position} ({self.kind.value})"


class Channels(msgspec.Struct, frozen=True):
    """Everything in ``CURFEW_NOTIFY``.

    Attributes:
        usable: Those that can be sent to.
        problems: A sentence for each invalid address, which repeats nothing of it.
    """

    usable: tuple[Channel, ...] = ()
    problems: tuple[str, ...] = ()


class _Tool(msgspec.Struct, frozen=True):
    """The form of a tool's addresses: patterns of path and query, and both in words."""

    kind: Kind
    path: str
    query: str
    form: str


_DINGTALK = _Tool(
    Kind.DINGTALK, "/robot/send", r"\?(.*&)?access_token=[^&]+.*", "/robot/send?access_token=…"
)
_FEISHU = _Tool(Kind.FEISHU, "/open-apis/bot/v2/hook/[^/]+", "", "/open-apis/bot/v2/hook/…")
_LARK = msgspec.structs.replace(_FEISHU, kind=Kind.LARK)
_WECOM = _Tool(
    Kind.WECOM, "/cgi-bin/webhook/send", r"\?(.*&)?key=[^&]+.*", "/cgi-bin/webhook/send?key=…"
)
_SLACK = _Tool(Kind.SLACK, "/services/.+", "", "/services/…")
_HOSTS = {
    "oapi.dingtalk.com": _DINGTALK,
    "open.feishu.cn": _FEISHU,
    "open.larksuite.com": _LARK,
    "qyapi.weixin.qq.com": _WECOM,
    "hooks.slack.com": _SLACK,
}

_ELSEWHERE = (
    *(_DINGTALK, _FEISHU, _WECOM),
    msgspec.structs.replace(_SLACK, path="/services/T[^/]+/B[^/]+/.+"),  # others have services, too
)


def read_channels(text: str) -> Channels:
    """Parse ``CURFEW_NOTIFY``; what is invalid is a problem, not an error."""
    usable: dict[str, Channel] = {}
    problems: list[str] = []
    for position, address in enumerate(text.split(), start=1):
        one = _read(address, position)
        if isinstance(one, str):
            problems.append(one)
        elif (first := usable.setdefault(one.url, one)) is not one:
            again = f"address {position} repeats address {first.position}, which is notified once"
            problems.append(f"CURFEW_NOTIFY: {again}")
    return Channels(tuple(usable.values()), tuple(problems))


def lookalike(channel: Channel) -> Kind | None:
    """The tool whose webhooks a generic channel resembles, such as a private deployment."""
    if channel.kind is not Kind.GENERIC:
        return None
    url = urlsplit(channel.url)
    return next((one.kind for one in _ELSEWHERE if _matches(one, url.path, f"?{url.query}")), None)


def _read(address: str, position: int) -> Channel | str:
    """The channel of one address, or what is wrong with it."""
    try:
        return _channel(address, position)
    except ValueError as error:
        return f"CURFEW_NOTIFY: address {position} {error}; nothing is sent to it"


def _channel(address: str, position: int) -> Channel:
    """The channel of one address.

    Raises:
        ValueError: it is invalid; says why, and repeats nothing of it.
    """
    if re.search(_SEPARATED, address, re.IGNORECASE):
        raise ValueError(
            "is followed by a comma or a semicolon; separate addresses by spaces alone"
        )
    url, _, secret = address.partition("#")
    parts = re.fullmatch(_ADDRESS, url)
    try:
        server = read_server(parts["server"]) if parts else None
    except ValueError:
        server = None
    if parts is None or server is None or server.scheme not in {"http", "https"}:
        raise ValueError("cannot be read; expected https://HOST/…, followed by # and its secret")
    if server.userinfo:
        raise ValueError("has a user name in it; expected https://HOST/…")
    here = is_loopback(server.host)
    if server.scheme == "http" and not here:
        raise ValueError("is plain http; messages may leave this machine only over https")
    path, query = _split(parts["path"] + parts["query"])
    return Channel(_kind(server, path, query, here=here), url, secret, position)


def _split(target: str) -> tuple[str, str]:
    path, mark, query = target.partition("?")
    return path, mark + query


def _kind(server: Server, path: str, query: str, *, here: bool) -> Kind:
    if here:
        tools = [
            one for one in (_DINGTALK, _FEISHU, _WECOM, _SLACK) if re.fullmatch(one.path, path)
        ]
        return tools[0].kind if tools else Kind.GENERIC
    tool = _HOSTS.get(server.host.rstrip("."))
    if tool is None:
        return Kind.GENERIC
    if not _matches(tool, path, query):
        raise ValueError(
            f"is not a webhook of {server.host}: expected https://{server.host}{tool.form}"
        )
    return tool.kind


def _matches(tool: _Tool, path: str, query: str) -> bool:
    return bool(
        re.fullmatch(tool.path, path) and (not tool.query or re.fullmatch(tool.query, query))
    )
