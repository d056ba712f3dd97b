"""What the check warns of: each thing that is probably not meant."""

from __future__ import annotations

import pytest

from local.check.findings import Level
from tests.local.check.edits import Checked, Edit, props, put, template, trigger

WARNINGS: dict[str, tuple[Edit, str]] = {
    "no access": (lambda d: d.pop("access"), "access is missing"),
    "a new region": (
        lambda d: d["vars"].update(region="cn-hangzou", regions="cn-hangzou"),
        "region cn-hangzou is not known: did you mean cn-hangzhou?",
    ),
    "outside its own regions": (
        lambda d: d["vars"].update(regions="cn-shanghai"),
        "region cn-hangzhou is not in CURFEW_REGIONS",
    ),
    "any account": (
        lambda d: template(d)["environmentVariables"].pop("CURFEW_ACCOUNTS"),
        "CURFEW_ACCOUNTS is not set",
    ),
    "tries too long": (
        lambda d: put(props(d), timeout=7200),
        "4 tries of 7200 s take 8 h, but events older than 6 h are refused",
    ),
    "events too old": (
        lambda d: put(template(d)["asyncInvokeConfig"], maxAsyncEventAgeInSeconds=86_400),
        "events may wait for 24 h, but those older than 6 h are refused",
    ),
    "failures to itself": (
        lambda d: put(
            props(d),
            asyncInvokeConfig={
                "destinationConfig": {
                    "onFailure": {"destination": "acs:fc:cn-hangzhou:1:functions/curfew-stop"}
                }
            },
        ),
        "onFailure leads to the function itself: what failed for good would be done again",
    ),
    "nowhere for failures": (
        lambda d: template(d)["asyncInvokeConfig"].pop("destinationConfig"),
        "no onFailure destination",
    ),
    "both days": (
        lambda d: d["vars"].update(morning="CRON_TZ=Asia/Shanghai 0 30 8 1 * MON"),
        "restricts both the day of the month and the day of the week",
    ),
    "every second": (
        lambda d: d["vars"].update(morning="CRON_TZ=Asia/Shanghai * * * * * *"),
        "timer morning: it fires every 1 s",
    ),
    "a fixed time": (
        lambda d: d["vars"].update(
            night_request='{"name": "x", "release_at": "2027-01-01T00:00:00+08:00"}'
        ),
        "timer night: release_at is a single fixed time",
    ),
    "not known here": (
        lambda d: d["vars"].update(morning="${file('x')}"),
        "timer morning: it was not checked, because",
    ),
    "the role of another function": (
        lambda d: put(props(d), role="acs:ram::1234567890123456:role/curfew-release"),
        "role: curfew-release is, by its name, the role of release; stop would run with",
    ),
    "the longest name is the role's": (
        lambda d: put(
            props(d, "release"), role="acs:ram::1234567890123456:role/Curfew_set_auto_release"
        ),
        "is, by its name, the role of set_auto_release; release would run with that role's",
    ),
    "two timers that do the same": (
        lambda d: (
            trigger(d, "start")["triggerConfig"].update(enable=True),
            trigger(d, "start", 1)["triggerConfig"].update(
                enable=True, cronExpression="${vars.morning}"
            ),
        ),
        "timers morning and morning-again are ON at the same times with the same request",
    ),
    "STREAM": (
        lambda d: put(trigger(d, "release")["triggerConfig"], notifyContentFormat="STREAM"),
        "STREAM messages carry no time",
    ),
    "a topic that is not known": (
        lambda d: put(trigger(d, "release"), sourceArn="${file('x')}"),
        "sourceArn was not checked",
    ),
    "EventBridge is not the last": (
        lambda d: props(d, "set_auto_release")["triggers"].reverse(),
        "eventbridge queue: it must be the last",
    ),
    "for everybody": (
        lambda d: put(
            trigger(d, "stop"),
            triggerType="http",
            triggerConfig={"authType": "anonymous", "methods": ["POST"]},
        ),
        "anyone who knows the address can call the function",
    ),
    "HTTP without a body": (
        lambda d: put(
            trigger(d, "stop"),
            triggerType="http",
            triggerConfig={"authType": "function", "methods": ["GET"]},
        ),
        "its methods do not include POST",
    ),
    "a trigger without requests": (
        lambda d: put(trigger(d, "stop"), triggerType="oss", triggerConfig={}),
        "events of oss carry no request",
    ),
    "another package": (
        lambda d: put(props(d), code="./src"),
        "code of curfew-stop is not ./build",
    ),
    "nothing built": (lambda d: d.pop("actions"), "does not run make package"),
}


@pytest.mark.parametrize(("edit", "said"), WARNINGS.values(), ids=WARNINGS)
def test_what_is_probably_not_meant_is_a_warning(edit: Edit, said: str, checked: Checked) -> None:
    warnings = checked(edit)[Level.WARNING]

    assert any(said in one for one in warnings), warnings
