"""What Chinese notices say of an instance: Chinese where it is known, else the report's words."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from itertools import product
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.guards import TAG_GUARDS, Guard, Harm
from shared.domain.instance import Instance, Status, StoppedMode
from shared.domain.plan import Result
from shared.domain.power import StartRule, StopRule
from shared.domain.steps import Call
from shared.notify.message import text_of
from shared.notify.reasons import in_chinese, quoted
from tests.unit.domain.test_steps import SAID
from tests.unit.notify.runs import NOW, report, row, run
from tools.nights import play

SCHEDULED = "schedule workdays 08:30-20:00: running since 08:30, before the close at 20:00: stop"


@pytest.mark.parametrize(
    ("reason", "chinese"),
    [
        ("", ""),
        ("stop (StopCharging)", "停止（StopCharging）"),
        ("tag curfew:protect", "标签 curfew:protect"),
        ("tag curfew:keep-until 2026-12-01", "标签 curfew:keep-until 2026-12-01"),
        ("tag curfew:keepuntil is not understood", "标签 curfew:keepuntil 无法识别"),
        (
            "tag curfew:keep-until, unreadable; deletion protection",
            "标签 curfew:keep-until 的值无法解析；已开启实例释放保护",
        ),
        (
            "stop (StopCharging); stopped in KeepCharging: still billed; StopCharging has no "
            "effect: it has local disks",
            "停止（StopCharging）；已按普通停机模式停机，仍在计费；带本地盘，不支持节省停机模式",
        ),
        (
            "gone; the data of 2 disks is lost: d-1, d-2; still billed: disk d-3, snapshot s-1 "
            "(until 2026-12-01T00:00:00+08:00)",
            "已释放；丢失数据的云盘：d-1，d-2；仍在计费：云盘 d-3，"
            "快照 s-1（保留至 2026-12-01T00:00:00+08:00）",
        ),
        (
            "ran out of time; next: stop (StopCharging)",
            "运行时间用尽；下一步：停止（StopCharging）",
        ),
        (SCHEDULED, f"“{SCHEDULED}”"),
        ("tag curfew:protect; no stock", "“tag curfew:protect; no stock”"),
        ("next: no stock", "“next: no stock”"),
        ("stop, no stock", "“stop, no stock”"),
    ],
)
def test_a_reason_is_chinese_as_a_whole_or_not_at_all(reason: str, chinese: str) -> None:
    assert in_chinese(reason) == chinese


@given(st.text(max_size=60))
def test_what_is_not_known_is_repeated_as_it_is(text: str) -> None:
    assert in_chinese(f"no stock: {text}") == quoted(f"no stock: {text}")


def machine(**fields: object) -> Instance:
    seen = Instance("i-1", "cn-hangzhou", NOW, Status.RUNNING)
    return msgspec.structs.replace(seen, **fields)


GUARDED = {
    **{
        f"{key}={value}": machine(tags={key: value})
        for key, value in product(TAG_GUARDS, ["2026-12-31", "2026-12-31T08:00:00Z", "next friday"])
    },
    "unknown": machine(tags={"curfew:keepuntil": "2026-12-01", "curfew：保护": ""}),
    "group": machine(tags={"acs:autoscaling:scalingGroupId": "asg-1", "ack.aliyun.com": "c1"}),
    "locks": machine(locks=("financial", "security", "recycling")),
    "deletion": machine(deletion_protection=True),
    "subscription": machine(charge_type="PrePaid"),
    "unknown-charge": machine(charge_type=""),
    "not-ours": machine(),
}


@pytest.mark.parametrize("harm", Harm)
@pytest.mark.parametrize("guarded", GUARDED.values(), ids=list(GUARDED))
def test_every_guard_has_its_chinese_words(harm: Harm, guarded: Instance) -> None:
    guard = Guard(harm, only_tags={"stage": ("dev", "test")})

    reason = guard.reason(guarded, NOW)

    assert re.search("[\u4e00-\u9fff]", in_chinese(reason))
    assert not in_chinese(reason).startswith("“")


CALLS = [said for step, said in SAID if isinstance(step, get_args(Call))]


@pytest.mark.parametrize("reason", ["{}", "next: {}"])
@pytest.mark.parametrize("call", CALLS)
def test_every_call_has_its_chinese_words(call: str, reason: str) -> None:
    assert not in_chinese(reason.format(call)).startswith("“")


MODES = (StoppedMode.STOP_CHARGING, StoppedMode.KEEP_CHARGING)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    "fields",
    [{}, {"public_ip": "192.0.2.1"}, {"charge_type": "PrePaid"}, {"has_local_disks": True}],
    ids=str,
)
def test_every_way_to_stop_or_start_has_its_chinese_words(
    fields: dict[str, object], *, force: bool
) -> None:
    off = [machine(status=Status.STOPPED, stopped_mode=mode, **fields) for mode in MODES]
    states = (Status.RUNNING, Status.STOPPING, Status.STARTING)
    seen = [*off, *(machine(status=status, **fields) for status in states)]
    rules = [StopRule(force, mode, wait) for mode in (None, *MODES) for wait in (True, False)]

    told = {rule.way(one, NOW) for rule in (*rules, StartRule(wait=True)) for one in seen}
    told |= {rule.changed(one, after) for rule in rules for one in seen for after in off}

    assert len(told) > 5
    assert [one for one in told if in_chinese(one).startswith("“")] == []


@lru_cache(maxsize=1)
def played() -> list[str]:
    """The reasons of all that some nights of real runs changed or left alone."""
    lines = (re.search(r"\{.*", line) for line in play(days=3).decode().splitlines())
    rows = [json.loads(found[0]) for found in lines if found]
    return [
        one["reason"] for one in rows
        if one["log"] == "instance" and one["action"] in {"stop", "start", "release"}
        and one["result"] != "failed"
    ]  # fmt: skip


def test_what_ordinary_nights_tell_is_chinese() -> None:
    assert len(played()) > 100
    assert [one for one in set(played()) if in_chinese(one).startswith("“")] == []


def test_a_chinese_notice_says_errors_and_warnings_as_the_report_has_them() -> None:
    told = report(
        row(1, Result.FAILED, code="NoStock", reason="The resource is out of stock."),
        row(2, Result.SKIPPED, reason="tag curfew:protect"),
        warnings=("look {here}",),
    )

    text = text_of(run(told), "zh")

    assert text.facts[1:] == (f"错误：“{told.sentence()}”", "警告：“look {here}”")
    assert [one.text.partition("）")[2] for one in text.lines] == [
        "失败：NoStock，“The resource is out of stock.”",
        "跳过：标签 curfew:protect",
    ]


def test_an_english_notice_says_reasons_as_the_report_has_them() -> None:
    text = text_of(run(report(row(2, Result.SKIPPED, reason="tag curfew:protect"))), "en")

    assert text.lines[0].text.endswith("skipped: tag curfew:protect")
