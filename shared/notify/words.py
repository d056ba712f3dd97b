"""The words of notices in their two languages. Pure.

Warnings, errors and ECS's messages are as in the report, in Chinese text between quotation marks;
for reasons see ``shared.notify.reasons``.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, tzinfo
from typing import Literal

import msgspec

Spoken = Literal["en", "zh"]


class Words(msgspec.Struct, frozen=True):
    """One language.

    Attributes:
        outcomes: Of an outcome, and of a class of error.
        results: Of each result, as it follows a number.
        advice: What to do after a class of error, or an outcome.
        colon: What separates a title's parts, and a name from what is said of it.
        comma: What separates the parts of a line.
        semicolon: What separates a time and what is said besides.
        brackets: Around where an instance is, with what separates it from what follows.
        no_counts: No instance was meant.
        messages: Of a list: how many messages, and how many of them failed.
        error: Before a sentence of the report that says what went wrong.
        warning: Before one that says what else there is.
        more: How many rows are not shown.
        keep: What a link that keeps an instance is called.
        request: The invocation's id, and which retry it was.
        account: Whose instances.
        soon: Of a notice before: how many instances ECS will release soon.
        page: Which of several messages it is, and of how many.
        released_at: When ECS releases an instance.
        protected: Of one that something guards, which ECS does not ask.
        no_owner: Above the instances that have no owner.
        not_listed: Whose instances are not in the messages, and how many.
        keep_advice: What to do, where there are links.
        later_advice: What to do, where there are none.
        days: Monday to Sunday.
    """

    outcomes: Mapping[str, str]
    results: Mapping[str, str]
    advice: Mapping[str, str]
    colon: str
    comma: str
    semicolon: str
    brackets: str
    no_counts: str
    messages: str
    error: str
    warning: str
    more: str
    keep: str
    request: str
    retry: str
    account: str
    soon: str
    page: str
    released_at: str
    protected: str
    no_owner: str
    not_listed: str
    keep_advice: str
    later_advice: str
    days: tuple[str, ...]


_EN = Words(
    outcomes={
        "complete": "complete",
        "planned": "dry run",
        "nothing_matched": "nothing matched",
        "incomplete": "incomplete",
        "InvalidEvent": "invalid event",
        "Refused": "refused",
        "AccessDenied": "access denied",
        "Unavailable": "ECS unavailable",
        "Incomplete": "incomplete",
    },
    results={
        "failed": "{} failed",
        "pending": "{} pending",
        "skipped": "{} skipped",
        "changed": "{} changed",
        "would_change": "{} would change",
        "unchanged": "{} unchanged",
    },
    advice={
        "only_shown": "Nothing was changed.",
        "planned": "Nothing was changed. To do it, send the request with its plan_id, or without "
        "dry_run.",
        "nothing_matched": "Check tags, name and regions of the request.",
        "InvalidEvent": "Nothing was done. Correct the field named there and send the event again.",
        "Refused": "Nothing was done. If it was intended, change the request or the setting named "
        "there.",
        "AccessDenied": "Add the action named there to the function's role (ram/), then send the "
        "event again.",
        "Unavailable": "Nothing was done. Check the function's role and its network; then send "
        "the event again.",
        "Incomplete": "Send the event again: pending instances continue from there. For failed "
        "ones, see the reason.",
    },
    colon=": ",
    comma=", ",
    semicolon="; ",
    brackets="({}) ",
    no_counts="no instances",
    messages="{} messages, {} with an error",
    error="{}",
    warning="{}",
    more="and {} more, in the log",
    keep="keep it",
    request="request {}",
    retry="retry {}",
    account="account {}",
    soon="instances that ECS will release soon: {}",
    page=" ({}/{})",
    released_at="on {}",
    protected="protected, but ECS will still release it: clear its release time",
    no_owner="no owner",
    not_listed="not listed: {}",
    keep_advice="If you still need one, follow its link and choose how long. Otherwise do nothing.",
    later_advice="If you still need one, set a later release time. Otherwise do nothing.",
    days=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
)
_ZH = Words(
    outcomes={
        "complete": "已完成",
        "planned": "试运行",
        "nothing_matched": "没有匹配的实例",
        "incomplete": "未完成",
        "InvalidEvent": "事件无效",
        "Refused": "已拒绝",
        "AccessDenied": "权限不足",
        "Unavailable": "ECS 不可用",
        "Incomplete": "未完成",
    },
    results={
        "failed": "失败 {}",
        "pending": "未完成 {}",
        "skipped": "跳过 {}",
        "changed": "已变更 {}",
        "would_change": "将变更 {}",
        "unchanged": "无需变更 {}",
    },
    advice={
        "only_shown": "未做任何变更。",
        "planned": "未做任何变更。要照此执行，请带上 plan_id 或去掉 dry_run 再发送一次请求。",
        "nothing_matched": "请检查请求中的标签、名称和地域。",
        "InvalidEvent": "未做任何变更。请按提示修改字段，再发送一次事件。",
        "Refused": "未做任何变更。如果确实要执行，请按提示修改请求或环境变量。",
        "AccessDenied": "请把提示中的操作加入函数的角色（见 ram/），再发送一次事件。",
        "Unavailable": "未做任何变更。请检查函数的角色和网络，再发送一次事件。",
        "Incomplete": "请再发送一次事件，未完成的实例会继续处理；失败的原因见各行。",
    },
    colon="：",
    comma="，",
    semicolon="；",
    brackets="（{}）",
    no_counts="没有实例",
    messages="共 {} 条消息，其中 {} 条出错",
    error="错误：“{}”",
    warning="警告：“{}”",
    more="另有 {} 台实例，见日志",
    keep="保留",
    request="请求 {}",
    retry="第 {} 次重试",
    account="账号 {}",
    soon="{} 台实例即将被 ECS 释放",
    page="（{}/{}）",
    released_at="{} 释放",
    protected="受保护，但 ECS 到时仍会释放它：请取消自动释放时间",
    no_owner="无负责人",
    not_listed="未列出：{}",
    keep_advice="如果还需要某台实例，请打开它的链接选择保留多久；不需要则无需操作。",
    later_advice="如果还需要某台实例，请设置更晚的自动释放时间；不需要则无需操作。",
    days=("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
)
WORDS: Mapping[Spoken, Words] = {"en": _EN, "zh": _ZH}
RESULTS: Mapping[Spoken, Mapping[str, str]] = {
    language: {result: form.replace("{}", "").strip() for result, form in words.results.items()}
    for language, words in WORDS.items()
}
"""Of one row: the result without a number."""


def local_time(moment: datetime, zone: tzinfo, words: Words) -> str:
    """A time as people write it, with its weekday: ``Mon 2026-11-30 20:00 +08:00``.

    A time that the zone would put beyond the end of the calendar is shown unchanged.
    """
    local = moment
    with suppress(OverflowError):
        local = moment.astimezone(zone)
    return f"{words.days[local.weekday()]} {local:%Y-%m-%d %H:%M} {local.isoformat()[-6:]}"
