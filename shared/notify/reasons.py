"""Rows' reasons in Chinese, if they consist of known parts only. Pure.

Reports and logs have one language, which programs and searches rely on. Here the parts of it are
known that selections, guards, stops, starts, releases and release times are told by; a reason that
has another part, such as one of a schedule or a text of ECS, is repeated whole, in quotation marks,
so that nobody reads half a sentence.
"""

from __future__ import annotations

import re
from functools import lru_cache

_PARTS = (
    # guards
    (r"tag (curfew:keep-until|curfew:keep-off-until), unreadable", "标签 {} 的值无法解析"),
    (r"tag (.+) is not understood", "标签 {} 无法识别"),
    (r"tag (curfew:protect)", "标签 {}"),
    (r"tag (curfew:keep-until|curfew:keep-off-until) (.+)", "标签 {} {}"),
    (r"member of a group, tag (.+)", "由其他服务管理（标签 {}）"),
    (r"without tag (.+) \(CURFEW_ONLY_TAGS\)", "没有标签 {}（CURFEW_ONLY_TAGS）"),
    (r"financial lock", "因欠费被锁定"),
    (r"security lock", "因安全原因被锁定"),
    (r"(\w+) lock", "操作锁定：{}"),
    (r"deletion protection", "已开启实例释放保护"),
    (
        r"ECS will still release it at (\S+): clear the release time by clear_auto_release",
        "ECS 仍会在 {} 释放：请用 clear_auto_release 取消自动释放时间",
    ),
    (
        r"ECS will still release it at (\S+): clear the release time in the ECS console",
        "ECS 仍会在 {} 释放：请在 ECS 控制台取消自动释放时间",
    ),
    (r"charge type PrePaid", "计费方式为包年包月"),
    (r"charge type (\w+)", "计费方式为 {}"),
    (r"no tag curfew:schedule", "没有标签 curfew:schedule"),
    (r"and no schedule in the request", "请求中也没有运行计划"),
    (r"ECS shows none of its tags now", "ECS 现在没有显示它的任何标签"),
    (r"nothing is done until ECS shows them again", "恢复显示之前不做任何变更"),
    (
        r"no second response of ECS confirms which tags it lacks",
        "ECS 的第二次返回没有确认它缺少哪些标签",
    ),
    (r"nothing is done until one does", "确认之前不做任何变更"),
    (r"ECS's responses about its tags disagree", "ECS 的两次返回中标签不一致"),
    (r"nothing is done until they agree", "一致之前不做任何变更"),
    # selection
    (r"excepted by its id", "按 ID 排除"),
    (r"excepted by its tag (.+)", "按标签 {} 排除"),
    (r"excepted by its name", "按名称排除"),
    (r"it has the tag (.+)", "有标签 {}"),
    (r"it has no tag (.+)", "没有标签 {}"),
    (r"its tag (.+) is ('.*'|\".*\")", "标签 {} 的值为 {}"),
    (r"its name is ('.*'|\".*\")", "名称为 {}"),
    (r"its id is not in the request", "请求中没有它的 ID"),
    (r"ECS does not say when it was created", "ECS 未显示其创建时间"),
    (r"created less than (\w+) before the event", "到事件发生时，创建还不足 {}"),
    # stops and starts
    (r"stop", "停止"),
    (r"stop \((\w+Charging)\)", "停止（{}）"),
    (r"stop \(the account's default mode\)", "停止（账号默认的停机模式）"),
    (r"power off", "强制停止"),
    (r"power off \(the account's default mode\)", "强制停止（账号默认的停机模式）"),
    (r"power off \((\w+Charging)\)", "强制停止（{}）"),
    (r"start", "启动"),
    (r"stopped in StopCharging", "已按节省停机模式停机"),
    (r"stopped in KeepCharging: still billed", "已按普通停机模式停机，仍在计费"),
    (
        r"StopCharging (?:has|will have) no effect: it is a subscription",
        "包年包月不支持节省停机模式",
    ),
    (
        r"StopCharging (?:has|will have) no effect: it has local disks",
        "带本地盘，不支持节省停机模式",
    ),
    (
        r"StopCharging (?:has|will have) no effect: it is in a classic network",
        "经典网络不支持节省停机模式",
    ),
    (r"stopped in ([\w-]+)", "停机模式为 {}"),
    (r"not (\w+)", "不是 {}"),
    (r"not (\w+): still billed", "不是 {}，仍在计费"),
    (r"to change that, start it and stop it again", "如需改变，请启动后再停止"),
    (r"force was not used: it was stopping already", "未使用强制停止：实例已经在停止中"),
    (r"gave up its public address (\S+)", "固定公网 IP {} 已被回收"),
    (r"gives up its public address (\S+)", "固定公网 IP {} 将被回收"),
    (r"may give up its public address (\S+)", "固定公网 IP {} 可能被回收"),
    (r"if the account's default is economical mode", "取决于账号默认的停机模式"),
    (r"accepted by ECS", "ECS 已受理"),
    (r"it is stopping", "正在停止"),
    (r"it is starting", "正在启动"),
    (r"ran out of time", "运行时间用尽"),
    (r"wait: (\w+)", "等待（{}）"),
    (r"(\w+) already", "已经是 {}"),
    (r"(\w+) again", "又变为 {}"),
    (r"not by this run", "不是本次运行所为"),
    (r"not in the plan", "不在计划之内"),
    (r"ECS does not know this id", "ECS 中查不到这个 ID"),
    (
        r"it was already stopping when this run first read it \(ECS does not say since when\), and "
        r"ECS powers off only running instances: wait",
        "本次运行首次查询时它已经在停止中（ECS 不显示从何时开始），"
        "而 ECS 只能强制停止运行中的实例：请等待",
    ),
    (
        r"if it hangs, try Force Stop in the ECS console or ask Alibaba Cloud support",
        "如果一直停不下来，请在 ECS 控制台强制停止，或联系阿里云技术支持",
    ),
    # releases
    (r"release", "释放"),
    (r"release by force", "强制释放"),
    (r"gone", "已释放"),
    (r"snapshot (\d+) disks?", "为 {} 块云盘创建快照"),
    (r"snapshot (\d+) disks? \((\d+) days?\)", "为 {} 块云盘创建快照（保留 {} 天）"),
    (r"wait for its snapshots", "等待快照完成"),
    (r"(\d+) of (\d+) snapshots in progress", "{} 个快照进行中（共 {} 个）"),
    (r"its disks have not been read yet", "尚未读取其云盘"),
    (
        r"a snapshot must begin in a later minute than the instance's start and the disk's "
        r"attachment",
        "快照的开始时间必须晚于实例启动和云盘挂载的那一分钟",
    ),
    (
        r"ECS shows no disks for it, so nothing proves that its data is kept",
        "ECS 未显示其任何云盘，无法确认数据已保留",
    ),
    (
        r"ECS does not say when it started, so no snapshot can be trusted",
        "ECS 未显示其启动时间，无法确认快照有效",
    ),
    (r"disk (\S+) \((\S+)\)", "本地盘 {}（{}）"),
    (r"disk (\S+) \((\S+)\) cannot be snapshotted", "本地盘 {}（{}）不能创建快照"),
    (r"the local storage of its host cannot be snapshotted", "宿主机上的本地存储不能创建快照"),
    (
        r"set snapshot to false to release it without one",
        "如要不创建快照就释放，请将 snapshot 设为 false",
    ),
    (r"Stopped", "已停止"),
    (r"snapshot (\S+) \(until (\S+)\)", "快照 {}（保留至 {}）"),
    (r"snapshot (\S+) \(kept until somebody deletes it\)", "快照 {}（需手动删除）"),
    (r"disk (\S+)", "云盘 {}"),
    (r"EIP (\S+)", "弹性公网 IP {}"),
    (r"disk (\S+) (?:stays and is|stay and are) billed", "云盘 {} 将保留并继续计费"),
    (r"EIP (\S+) (?:stays and is|stay and are) billed", "弹性公网 IP {} 将保留并继续计费"),
    (
        r"ECS shows none of its disks: their data is lost, but for those that outlive it",
        "ECS 未显示其任何云盘：除不随实例释放的云盘外，数据均丢失",
    ),
    (r"the data of \d+ disks? is lost: (d-\S+)", "丢失数据的云盘：{}"),
    (r"(d-\S+)", "{}"),
    (r"no longer shown by ECS", "ECS 已不再显示"),
    (r"not deleted by this run", "不是本次运行释放的"),
    (r"set release time (\S+)", "设置自动释放时间 {}"),
    (r"release time (\S+)", "自动释放时间 {}"),
    (r"keeps (\S+), because if_set is (\w+)", "保留自动释放时间 {}（if_set 为 {}）"),
    (
        r"(\S+) is too early: ECS accepts only times at least 30 minutes ahead",
        "{} 太早：ECS 只接受至少 30 分钟之后的时间",
    ),
    (
        r"(\S+) is now too close: ECS accepts only times at least 30 minutes ahead",
        "{} 已经太近：ECS 只接受至少 30 分钟之后的时间",
    ),
    (r"clear release time", "取消自动释放时间"),
    (r"no release time", "没有自动释放时间"),
)
_PREFIXES = {
    "not selected: ": "未选中：",
    "no longer selected: ": "不再符合选择条件：",
    "next: ": "下一步：",
    "still billed: ": "仍在计费：",
    "wait: ": "等待：",
    "from an earlier release: ": "此前的释放操作留下：",
}


def in_chinese(reason: str) -> str:
    """The reason in Chinese; if unknown, unchanged in quotation marks; "" if there is none."""
    if not reason:
        return ""
    parts = [_sentence(part) for part in reason.split("; ")]
    return "；".join(parts) if all(parts) else quoted(reason)


def quoted(text: str) -> str:
    """A text in another language within Chinese text."""
    return f"“{text}”"


def _sentence(part: str) -> str:
    """A sentence, whole or by its enumerated parts; "" if any of it is unknown."""
    if whole := _part(part):
        return whole
    parts = [_part(one) for one in part.split(", ")]
    return "，".join(parts) if all(parts) else ""


def _part(text: str) -> str:
    for pattern, chinese in _patterns():
        if found := pattern.fullmatch(text):
            return chinese.format(*found.groups())
    for prefix, chinese in _PREFIXES.items():
        if text.startswith(prefix):
            following = _sentence(text.removeprefix(prefix))
            return following and f"{chinese}{following}"
    return ""


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), chinese) for pattern, chinese in _PARTS)
