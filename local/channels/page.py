"""The page of the channels: every message as people would see it, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from local.channels.message import Line, Piece, Received
from local.ecs.http.messages import HttpReply
from shared.base.times import CHINA

NAMES = {
    "dingtalk": "DingTalk 钉钉",
    "feishu": "Feishu 飞书",
    "wecom": "WeCom 企业微信",
    "slack": "Slack",
    "generic": "Webhook",
}
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}
_STYLE = """
:root{color-scheme:light dark;--page:#f4f5f7;--card:#fff;--text:#1c2430;--dim:#5a6675;--line:#dde1e7;--link:#0b5cad;--no:#b3261e}
@media(prefers-color-scheme:dark){:root{--page:#12161c;--card:#1b222b;--text:#e6eaf0;--dim:#9aa7b5;--line:#303a46;--link:#7db7f0;--no:#ff8f85}}
*{box-sizing:border-box}
body{margin:0;padding:24px 16px;background:var(--page);color:var(--text);font:15px/1.55 system-ui,-apple-system,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{max-width:720px;margin:0 auto}
h1{font-size:22px;margin:0 0 4px}
.lead{margin:0 0 24px;color:var(--dim)}
article{margin:0 0 16px;padding:16px 18px;background:var(--card);border:1px solid var(--line);border-radius:12px;overflow-wrap:anywhere}
header{display:flex;justify-content:space-between;gap:12px;margin:0 0 10px;font-size:13px;color:var(--dim)}
h2{font-size:16px;margin:0 0 8px}
p{margin:0 0 6px}
p.item{padding-left:14px;text-indent:-14px}
a{color:var(--link);white-space:nowrap}
.no{color:var(--no)}
pre{margin:0;max-height:280px;overflow:auto;font:12.5px/1.5 ui-monospace,monospace;white-space:pre-wrap}
"""


def page(received: Sequence[Received]) -> HttpReply:
    """The current page; it reloads itself periodically."""
    shown = "".join(map(_article, received)) or "<p>Nothing yet.</p>"
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta http-equiv="refresh" content="5"><title>Chat channels - Curfew</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>Chat channels</h1>"
        '<p class="lead">What notices look like to the people in each channel. '
        '<a href="/_local/">The emulator</a></p>'
        f"{shown}</main></body></html>"
    )
    return HttpReply(200, _HEADERS, text.encode())


def _article(one: Received) -> str:
    head = f"<header><span>{NAMES[one.kind]}</span><span>{one.at.astimezone(CHINA):%a %d %b %H:%M} +08:00</span></header>"
    if not one.is_taken:
        return f'<article>{head}<p class="no">refused: {escape(one.answer)}</p></article>'
    if one.kind == "generic":
        body = escape("\n".join(line.text for line in one.lines))
        return f"<article>{head}<h2>{escape(one.title)}</h2><pre>{body}</pre></article>"
    lines = "".join(map(_line, one.lines))
    return f"<article>{head}<h2>{escape(one.title)}</h2>{lines}</article>"


def _line(line: Line) -> str:
    pieces = "".join(map(_piece, line.pieces))
    return f'<p class="item">• {pieces}</p>' if line.is_item else f"<p>{pieces}</p>"


def _piece(piece: Piece) -> str:
    text = escape(piece.text)
    if piece.link.lower().startswith(("http://", "https://")):
        return f'<a href="{escape(piece.link)}" rel="noreferrer">{text}</a>'
    return f"<b>{text}</b>" if piece.bold else text
