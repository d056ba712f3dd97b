"""The page behind a link that keeps an instance, in the language of the browser. Pure.

It works without scripts, loads nothing, and cannot be framed. Everything but its own words is
escaped. It follows the device's dark mode.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import msgspec

from shared.base.printable import printable
from shared.notify.words import Spoken

HEADERS: Mapping[str, str] = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
}


class Shown(msgspec.Struct, frozen=True):
    """What a page says.

    Attributes:
        status: HTTP's.
        what: Which of the page's texts, see ``TITLES``.
        facts: What it is about: each one a word of ``_FACTS`` and its value.
        days: The numbers of days offered; none: there is no choice.
        detail: A sentence from Curfew or ECS; "": none.
    """

    status: int
    what: str
    facts: Sequence[tuple[str, str]] = ()
    days: Sequence[int] = ()
    detail: str = ""


TITLES: Mapping[str, Mapping[Spoken, tuple[str, str]]] = {
    "choose": {
        "en": ("Keep this instance?", "ECS will release it at the time below. How long do you "
               "still need it?"),
        "zh": ("保留这台实例？", "ECS 将在以下时间释放这台实例。您还需要使用多久？"),
    },
    "kept": {
        "en": ("Kept", "ECS will release it at the new time below. You can close this page."),
        "zh": ("已保留", "ECS 将在以下新时间释放它。您可以关闭此页面。"),
    },
    "kept_less": {
        "en": ("Kept", "ECS will release it at the new time below, sooner than you chose: links may "
               "not set it any later. You can close this page."),
        "zh": ("已保留", "ECS 将在以下新时间释放它，早于您的选择：链接最晚只能延长到此时。您可以关闭此页面。"),
    },
    "already": {
        "en": ("Kept already", "ECS will release it at the time below. A link works once, so nothing "
               "was changed now."),
        "zh": ("已经保留过", "ECS 将在以下时间释放它。链接只能使用一次，这次未做任何变更。"),
    },
    "forged": {
        "en": ("This link is not valid", "Nothing was changed. Copy the whole link from the "
               "message."),
        "zh": ("链接无效", "未做任何变更。请从消息中复制完整的链接。"),
    },
    "over": {
        "en": ("This link has expired", "The release time has come, or the instance is gone. "
               "Nothing was changed."),
        "zh": ("链接已过期", "自动释放时间已到，或者实例已不存在。未做任何变更。"),
    },
    "moved": {
        "en": ("This link is no longer valid", "The release time was changed since the message was "
               "sent. Nothing was changed now."),
        "zh": ("链接已失效", "消息发出之后，自动释放时间已经变更过。这次未做任何变更。"),
    },
    "furthest": {
        "en": ("This link cannot extend it any further", "The release time is as late as links may "
               "set it. Nothing was changed."),
        "zh": ("无法再通过链接延长", "自动释放时间已是链接所允许的最晚时间。未做任何变更。"),
    },
    "days": {
        "en": ("Choose 1 or 3 days", "Nothing was changed. Go back and choose one of the buttons."),
        "zh": ("请选择 1 天或 3 天", "未做任何变更。请返回并点击其中一个按钮。"),
    },
    "method": {
        "en": ("Open the link in a browser", "Nothing was changed."),
        "zh": ("请用浏览器打开链接", "未做任何变更。"),
    },
    "failed": {
        "en": ("It could not be extended now", "Try again in a few minutes, or ask whoever runs "
               "Curfew."),
        "zh": ("暂时无法保留", "请过几分钟再试，或者联系 Curfew 的管理员。"),
    },
}  # fmt: skip
_FACTS: Mapping[str, Mapping[Spoken, str]] = {
    "name": {"en": "Name", "zh": "名称"},
    "id": {"en": "Instance", "zh": "实例"},
    "region": {"en": "Region", "zh": "地域"},
    "release": {"en": "Release time", "zh": "自动释放时间"},
}
_KEEP: Mapping[Spoken, tuple[str, str]] = {
    "en": ("Keep 1 day", "Keep {} days"),
    "zh": ("保留 {} 天", "保留 {} 天"),
}
_STYLE = """
:root{color-scheme:light dark;--page:#f4f5f7;--card:#fff;--text:#1c2430;--dim:#5a6675;--line:#dde1e7;--act:#0b5cad}
@media(prefers-color-scheme:dark){:root{--page:#12161c;--card:#1b222b;--text:#e6eaf0;--dim:#9aa7b5;--line:#303a46;--act:#2a75c4}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:16px;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{width:100%;max-width:460px;padding:28px 24px;background:var(--card);border:1px solid var(--line);border-radius:12px}
h1{margin:0 0 8px;font-size:22px;line-height:1.3}
p{margin:0;color:var(--dim)}
dl{margin:20px 0 0;border-top:1px solid var(--line)}
dl div{padding:10px 0}
dl div+div{border-top:1px solid var(--line)}
dt{font-size:13px;color:var(--dim)}
dd{margin:0;overflow-wrap:anywhere}
form{display:flex;gap:12px;margin-top:16px}
button{flex:1;min-height:48px;padding:8px 12px;border:0;border-radius:8px;background:var(--act);color:#fff;font:inherit;font-weight:600;cursor:pointer}
button:hover{filter:brightness(.92)}
button:focus-visible{outline:3px solid var(--text);outline-offset:2px}
footer{margin-top:20px;font-size:13px;color:var(--dim);overflow-wrap:anywhere}
"""


def answer(shown: Shown, language: Spoken, *, with_body: bool = True) -> dict[str, Any]:
    """The page as an HTTP trigger's response."""
    headers = {**HEADERS, "Content-Language": {"en": "en", "zh": "zh-CN"}[language]}
    if shown.what == "method":
        headers["Allow"] = "GET, HEAD, POST"
    return {
        "statusCode": shown.status,
        "headers": headers,
        "isBase64Encoded": False,
        "body": _page(shown, language) if with_body else "",
    }


def language_of(accepted: str) -> Spoken:
    """Which of the two languages a browser prefers, by its ``Accept-Language`` (RFC 9110)."""
    weighed = {"en": 0.0, "zh": 0.0}
    for part in accepted.lower().split(","):
        tag, *parameters = (one.strip() for one in part.split(";"))
        spoken = tag.partition("-")[0]
        if spoken in weighed:
            weighed[spoken] = max(weighed[spoken], _weight(parameters))
    return "zh" if weighed["zh"] > weighed["en"] else "en"


def _weight(parameters: Sequence[str]) -> float:
    stated = [re.fullmatch(r"q=([01](\.[0-9]{0,3})?)", one) for one in parameters]
    return next((float(one[1]) for one in stated if one), 1.0)


def _page(shown: Shown, language: Spoken) -> str:
    title, text = TITLES[shown.what][language]
    facts = "".join(
        f"<div><dt>{_FACTS[word][language]}</dt><dd>{_safe(value)}</dd></div>"
        for word, value in shown.facts
        if value
    )
    buttons = "".join(
        f'<button name="days" value="{days}">{_keep(days, language)}</button>'
        for days in shown.days
    )
    parts = (
        f"<h1>{title}</h1><p>{text}</p>",
        f"<dl>{facts}</dl>" if facts else "",
        f'<form method="post">{buttons}</form>' if buttons else "",
        f"<footer>{_safe(shown.detail)}</footer>" if shown.detail else "",
    )
    return (
        f'<!doctype html><html lang="{"zh-CN" if language == "zh" else "en"}"><head>'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta name="robots" content="noindex"><title>{title} - Curfew</title>'
        f"<style>{_STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>"
    )


def _keep(days: int, language: Spoken) -> str:
    one, more = _KEEP[language]
    return (one if days == 1 else more).format(days)


def _safe(text: str) -> str:
    return escape(printable(text))
