"""How each chat tool handles a message: what it verifies, what it allows, how it refuses.

Written from the tools' documentation and not from Curfew's own formats, so that a mistake in one is
caught by the other. DingTalk's 130101 and WeCom's 45009 are unverified, as is DingTalk's response
to a message that is too long.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.channels.message import Line, Piece, markdown_lines, slack_lines
from local.ecs.http.messages import HttpReply, HttpRequest

SECRET = "SEClocal"  # noqa: S105  # of the played channels
KEY = "local"
_HOUR_S = 3600
_DINGTALK_BYTES, _FEISHU_BYTES, _WECOM_BYTES = 20_000, 20 * 1024, 4_096
_SLACK_SECTION, _SLACK_BLOCKS = 3_000, 50
JSON = {"Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that people see."""

    title: str
    lines: tuple[Line, ...]


class NotTaken(Exception):  # noqa: N818  # a tool said no
    """A tool's refusal: its code, or HTTP status, and its words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


def dingtalk(request: HttpRequest, now: datetime) -> Taken:
    """A custom robot with a signature ("Custom robot", DingTalk docs).

    Raises:
        NotTaken: it says no.
    """
    query = request.query()
    if query.get("access_token") != KEY:
        raise NotTaken(300001, "token is not exist")
    stated = query.get("timestamp", "")
    made = _hmac(SECRET.encode(), f"{stated}\n{SECRET}".encode())
    late_s = abs(now.timestamp() - int(stated) / 1000) if stated.isdecimal() else _HOUR_S + 1
    if late_s > _HOUR_S or not hmac.compare_digest(made, query.get("sign", "")):
        raise NotTaken(310000, "sign not match")
    if len(request.body) >= _DINGTALK_BYTES:
        raise NotTaken(460101, "message too long")
    content = _object(request, 40035)["markdown"]
    return Taken(str(content["title"]), markdown_lines(content["text"])[1:])


def feishu(request: HttpRequest, now: datetime) -> Taken:
    """A custom bot with a signature ("Use bots in groups", Feishu docs).

    Raises:
        NotTaken: it says no.
    """
    if len(request.body) > _FEISHU_BYTES:
        raise NotTaken(9499, "Bad Request")
    body = _object(request, 9499)
    stated = str(body.get("timestamp", ""))
    late_s = abs(now.timestamp() - int(stated)) if stated.isdecimal() else _HOUR_S + 1
    made = _hmac(f"{stated}\n{SECRET}".encode(), b"")
    if late_s > _HOUR_S or not hmac.compare_digest(made, str(body.get("sign", ""))):
        raise NotTaken(19021, "sign match fail or timestamp is not within one hour")
    (post,) = body["content"]["post"].values()
    lines = tuple(_feishu_line(paragraph) for paragraph in post["content"])
    return Taken(str(post["title"]), lines)


def _feishu_line(paragraph: list[Mapping[str, str]]) -> Line:
    return Line(tuple(Piece(one["text"], link=one.get("href", "")) for one in paragraph))


def wecom(request: HttpRequest, now: datetime) -> Taken:  # noqa: ARG001  # as the others
    """A group robot ("Group robots", WeCom docs).

    Raises:
        NotTaken: it says no.
    """
    if request.query().get("key") != KEY:
        raise NotTaken(93000, "invalid webhook url")
    content = _object(request, 40008)["markdown"]["content"]
    if len(content.encode()) > _WECOM_BYTES:
        raise NotTaken(40058, "markdown.content exceed max length 4096")
    title, *lines = markdown_lines(content)
    return Taken(title.text, tuple(lines))


def slack(request: HttpRequest, now: datetime) -> Taken:  # noqa: ARG001  # as the others
    """An incoming webhook ("Incoming webhooks", Slack docs).

    Raises:
        NotTaken: it says no.
    """
    if not request.path.endswith(f"/{KEY}"):
        raise NotTaken(404, "no_service")
    blocks = _object(request, 400)["blocks"]
    texts = [(one.get("text") or one["elements"][0])["text"] for one in blocks]
    if len(blocks) > _SLACK_BLOCKS or any(len(one) > _SLACK_SECTION for one in texts):
        raise NotTaken(400, "invalid_blocks")
    lines = tuple(line for text in texts[1:] for line in slack_lines(text))
    return Taken(texts[0], lines)


def generic(request: HttpRequest, now: datetime) -> Taken:
    """A server that verifies Curfew's own signature.

    Raises:
        NotTaken: it says no.
    """
    header = request.headers.get("x-curfew-signature", "")
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    stated = parts.get("t", "")
    made = hmac.new(SECRET.encode(), f"{stated}.".encode() + request.body, hashlib.sha256)
    late_s = abs(now.timestamp() - int(stated)) if stated.isdecimal() else _HOUR_S + 1
    if late_s > _HOUR_S or not hmac.compare_digest(made.hexdigest(), parts.get("v1", "")):
        raise NotTaken(401, "signature not valid")
    body = _object(request, 400)
    shown = json.dumps(body, ensure_ascii=False, indent=1)[:4_000]
    title = f"{body.get('action', 'list')}: {body.get('outcome', '')}"
    return Taken(title, tuple(Line((Piece(line),)) for line in shown.splitlines()))


def yes(kind: str) -> HttpReply:
    """A tool's response if it accepts a message."""
    match kind:
        case "dingtalk" | "wecom":
            return _reply(200, {"errcode": 0, "errmsg": "ok"})
        case "feishu":
            return _reply(200, {"code": 0, "msg": "success", "data": {}})
        case "slack":
            return HttpReply(200, {"Content-Type": "text/html"}, b"ok")
    return HttpReply(204, {}, b"")


def no(kind: str, refusal: NotTaken) -> HttpReply:
    """A tool's response if it does not."""
    match kind:
        case "dingtalk" | "wecom":
            return _reply(200, {"errcode": refusal.code, "errmsg": refusal.words})
        case "feishu":
            return _reply(200, {"code": refusal.code, "msg": refusal.words})
    headers = {"Retry-After": "1"} if refusal.code == 429 else {}  # noqa: PLR2004  # HTTP's
    return HttpReply(
        refusal.code, {"Content-Type": "text/plain", **headers}, refusal.words.encode()
    )


def _reply(status: int, body: Mapping[str, Any]) -> HttpReply:
    return HttpReply(status, JSON, json.dumps(body).encode())


def _object(request: HttpRequest, code: int) -> dict[str, Any]:
    try:
        value = json.loads(request.body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise NotTaken(code, "invalid_payload")
    return value


def _hmac(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()
