"""What the check says of an s.yaml: the shipped one, and that with one thing changed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from local.check.fc3 import TRIGGER_CONFIGS
from local.check.findings import Level
from local.check.roles import NEEDED
from local.check.whole import check_file
from local.cli.main import group
from local.fc.context import CODE
from local.fc.deployment import function_names
from tests.harness.s_yaml import SHIPPED

NOW = datetime(2026, 11, 26, 4, 0, tzinfo=timezone.utc)
Edit = Callable[[dict[str, Any]], object]


@pytest.fixture
def ram(tmp_path: Path) -> Path:
    """A copy of the policies, to be changed."""
    return Path(shutil.copytree(CODE / "ram", tmp_path / "ram"))


@pytest.fixture
def checked(tmp_path: Path, ram: Path) -> Callable[..., dict[Level, list[str]]]:
    """Checks the shipped file after an edit; gives the sentences by level."""

    def check(edit: Edit = lambda _: None, **environ: str) -> dict[Level, list[str]]:
        document = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
        edit(document)
        path = tmp_path / "s.yaml"
        path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
        told: dict[Level, list[str]] = {level: [] for level in Level}
        for section in check_file(path, NOW, environ, ram):
            for one in section.findings:
                told[one.level].append("\n".join([one.text, *one.details]))
        return told

    return check


Checked = Callable[..., dict[Level, list[str]]]


def template(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["template"]["curfew"]
    return found


def props(document: dict[str, Any], name: str = "stop") -> dict[str, Any]:
    found: dict[str, Any] = document["resources"][name]["props"]
    return found


def trigger(document: dict[str, Any], name: str, place: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = props(document, name)["triggers"][place]
    return found


def put(where: dict[str, Any], **values: object) -> None:
    where.update(values)


# What docs/deploy.md has people edit.
STEPS: dict[str, Edit] = {
    "another region": lambda d: d["vars"].update(region="cn-beijing", regions="cn-beijing"),
    "own tags": lambda d: d["vars"].update(
        evening_request='{"action": "stop", "tags": {"owner": "me"}, "name": "x-*"}'
    ),
    "the evening on": lambda d: (
        trigger(d, "stop", 1)["triggerConfig"].update(enable=True),
        trigger(d, "stop", 0)["triggerConfig"].update(enable=False),
    ),
    "other times": lambda d: d["vars"].update(evening="CRON_TZ=Asia/Tokyo 0 30 18 * * MON,WED,FRI"),
    "triggers out": lambda d: (
        props(d, "release").pop("triggers"),
        props(d, "set_auto_release")["triggers"].clear(),
    ),
    "functions out": lambda d: [
        d["resources"].pop(one) for one in ("start", "describe", "clear_auto_release")
    ],
    "within a VPC": lambda d: (
        template(d).update(
            internetAccess=False,
            vpcConfig={"vpcId": "vpc-1", "vSwitchIds": ["vsw-1"], "securityGroupId": "sg-1"},
        ),
        template(d)["environmentVariables"].update(ECS_NETWORK="vpc"),
    ),
    "more memory": lambda d: template(d).update(memorySize=512, cpu=0.5),
    "another name of the queue": lambda d: d["vars"].update(failures="failed-things"),
    "an account of one's own": lambda d: d["vars"].update(account="1111222233334444"),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_what_the_guide_has_people_edit_is_no_error(step: Edit, checked: Checked) -> None:
    assert checked(step)[Level.ERROR] == []


def test_a_timer_that_is_off_and_would_be_refused_is_a_warning(checked: Checked) -> None:
    night, again = checked(STEPS["another region"])[Level.WARNING]

    assert night.startswith("timer night: set_auto_release will refuse its payload. region cn-")
    assert night.endswith(" (It is off now.)")
    assert again == night.replace("night", "night-again")


def test_the_runtime_may_come_from_the_environment(checked: Checked) -> None:
    assert checked(RUNTIME="python3.12")[Level.ERROR] == []


def test_a_timer_is_told_with_its_zone_its_next_times_and_its_request(checked: Checked) -> None:
    (told,) = [one for one in checked()[Level.OK] if one.startswith("timer evening-dry-run:")]

    assert told == (
        "timer evening-dry-run: ON, a dry run\n"
        "0 0 20 * * MON-FRI in Asia/Shanghai (China, +08:00)\n"
        "next: Thu 26 Nov 20:00, Fri 27 Nov 20:00, Mon 30 Nov 20:00\n"
        '{"tags": {"team": "dev", "env": "dev"}, "stopped_mode": "StopCharging", "dry_run": true}'
    )


def test_a_timer_that_only_reads_is_told_as_one(checked: Checked) -> None:
    def look(document: dict[str, Any]) -> None:
        timer = {**trigger(document, "start")}
        timer["triggerConfig"] = {**timer["triggerConfig"], "payload": '{"name": "dev-*"}'}
        put(props(document, "describe"), triggers=[timer])

    told = checked(look)[Level.OK]

    assert [one for one in told if one.startswith("timer morning: off (read-only when it is on)")]


def test_a_timer_of_another_zone_is_told_in_chinas_time_too(checked: Checked) -> None:
    told = checked(lambda d: d["vars"].update(evening="CRON_TZ=America/New_York 0 0 20 * * MON"))

    (evening,) = [one for one in told[Level.OK] if one.startswith("timer evening:")]
    assert "in America/New_York (-05:00)" in evening
    assert "next: Mon 30 Nov 20:00," in evening
    assert "in China: Tue 01 Dec 09:00," in evening


def test_a_timer_without_a_zone_goes_by_utc_and_that_is_said_aloud(checked: Checked) -> None:
    told = checked(lambda d: d["vars"].update(evening="0 0 20 * * *"))

    assert (
        "timer evening: no CRON_TZ, so it goes by UTC: 20:00 there is 04:00 in China; for China's "
        "time write CRON_TZ=Asia/Shanghai before it"
    ) in told[Level.WARNING]


def test_settings_are_told_in_words(checked: Checked) -> None:
    told = checked(
        lambda d: put(
            template(d)["environmentVariables"],
            CURFEW_MAX_INSTANCES="1",
            CURFEW_MAX_PERCENT="20",
            CURFEW_MAX_EVENT_AGE="90m",
            CURFEW_ONLY_TAGS='{"owner": "*", "lifecycle": "managed", "env": ["dev", "test"]}',
            CURFEW_SNAPSHOT="required",
            ALIBABA_CLOUD_CA_BUNDLE="/code/ca.pem",
        )
    )

    assert told[Level.ERROR] == []
    assert (
        "settings: at most 1 instance and 20 % of a region a run; regions: cn-hangzhou, "
        "cn-shanghai; accounts: the deploying one; events up to 1 h 30 min old; only instances "
        "with env=dev or test, lifecycle=managed, owner of any value (CURFEW_ONLY_TAGS); no "
        "release without snapshots (CURFEW_SNAPSHOT)"
    ) in told[Level.OK]


def test_every_is_told_as_a_length(checked: Checked) -> None:
    told = checked(lambda d: d["vars"].update(evening="@every 1m"))

    assert any("every 0:01:00, counted from" in one for one in told[Level.OK])
    assert "timer evening: it comes every 60 seconds" in told[Level.WARNING]


ERRORS: dict[str, tuple[Edit, str]] = {
    "edition": (lambda d: d.update(edition="1.0.0"), "edition: '1.0.0' is invalid: expected 3.0.0"),
    "misspelt key": (
        lambda d: put(props(d), timout=5),
        "timout is not a key of fc3; did you mean timeout?",
    ),
    "a made-up key": (lambda d: put(props(d), zzz=5), "zzz is not a key of fc3; fc3 would ignore"),
    "timeout a text": (
        lambda d: put(props(d), timeout="900"),
        "timeout: '900' is invalid: expected seconds, a whole number from 1 to 86400",
    ),
    "timeout too long": (lambda d: put(props(d), timeout=90_000), "timeout: 90000 is invalid"),
    "memory": (lambda d: put(props(d), memorySize=500), "memorySize: 500 is invalid"),
    "cpu for the memory": (
        lambda d: put(props(d), cpu=1),
        "cpu 1 and memorySize 256: a vCPU goes with 1 to 4 GB of memory, not with 0.25",
    ),
    "another language": (lambda d: put(props(d), runtime="nodejs20"), "expected python3.10 or"),
    "two runtimes": (
        lambda d: put(props(d), runtime="python3.12"),
        "runtimes python3.10, python3.12: make package builds for one of them",
    ),
    "no runtime": (lambda d: template(d).pop("runtime"), "runtime is missing; it must be python3"),
    "several at once": (lambda d: put(props(d), instanceConcurrency=10), "takes one event at a"),
    "name": (lambda d: put(props(d), functionName="1-stop"), "functionName: '1-stop' is invalid"),
    "one name twice": (
        lambda d: put(props(d), functionName="curfew-start"),
        "two resources are called curfew-start in cn-hangzhou",
    ),
    "handler": (
        lambda d: put(props(d), handler="functions.stop.handle"),
        "handler: HandlerNotFound: ",
    ),
    "no such function": (
        lambda d: put(props(d), handler="functions.halt.handler"),
        "resources.stop: handler functions.halt.handler is none of Curfew's",
    ),
    "number in the environment": (
        lambda d: put(template(d)["environmentVariables"], CURFEW_MAX_INSTANCES=100),
        "environment variable CURFEW_MAX_INSTANCES: 100 is not a text; write '100'",
    ),
    "true in the environment": (
        lambda d: put(template(d)["environmentVariables"], X=True),
        "environment variable X: true is not a text; write 'true'",
    ),
    "nothing in the environment": (
        lambda d: put(template(d)["environmentVariables"], CURFEW_TZ=None),
        "environment variable CURFEW_TZ has no value; write '' or remove the line",
    ),
    "a mapping in the environment": (
        lambda d: put(template(d)["environmentVariables"], CURFEW_ONLY_TAGS={"a": "b"}),
        "environment variable CURFEW_ONLY_TAGS is a mapping; write a text, in quotes",
    ),
    "no environment at all": (
        lambda d: put(template(d), environmentVariables=None),
        "environmentVariables has no value: expected a mapping of names to texts, or remove",
    ),
    "a key without a value": (
        lambda d: put(props(d), timeout=None),
        "timeout has no value: expected seconds, a whole number from 1 to 86400, or remove the",
    ),
    "a name without a value": (
        lambda d: put(props(d), functionName=None),
        "functionName has no value: expected 1 to 64 letters",
    ),
    "a setting": (
        lambda d: put(template(d)["environmentVariables"], CURFEW_MAX_INSTANCES="many"),
        "environment variables: CURFEW_MAX_INSTANCES",
    ),
    "misspelt setting": (
        lambda d: put(template(d)["environmentVariables"], CURFEW_ACCOUNT="1"),
        "does not know the environment variable CURFEW_ACCOUNT; did you mean CURFEW_ACCOUNTS?",
    ),
    "made-up setting": (
        lambda d: put(template(d)["environmentVariables"], ECS_ZZZZZZZZZ="1"),
        "does not know the environment variable ECS_ZZZZZZZZZ; there are CURFEW_",
    ),
    "reserved variable": (
        lambda d: put(template(d)["environmentVariables"], FC_REGION="x"),
        "environment variable FC_REGION: a name begins with a letter, and FC_ is reserved",
    ),
    "a key": (
        lambda d: put(template(d)["environmentVariables"], ALIBABA_CLOUD_ACCESS_KEY_ID="x"),
        "no key belongs in s.yaml",
    ),
    "too much environment": (
        lambda d: put(template(d)["environmentVariables"], X="x" * 4096),
        "4096 at most",
    ),
    "no PYTHONPATH": (
        lambda d: template(d)["environmentVariables"].pop("PYTHONPATH"),
        "PYTHONPATH must be /code/python",
    ),
    "no way out": (lambda d: put(template(d), internetAccess=False), "internetAccess is false"),
    "no VPC": (
        lambda d: put(template(d)["environmentVariables"], ECS_NETWORK="vpc"),
        "ECS_NETWORK is vpc, but there is no vpcConfig",
    ),
    "no mapping": (lambda d: put(template(d), asyncInvokeConfig=[]), "expected a mapping"),
    "retries": (
        lambda d: put(template(d)["asyncInvokeConfig"], maxAsyncRetryAttempts=9),
        "asyncInvokeConfig: maxAsyncRetryAttempts: 9 is invalid",
    ),
    "queue without its end": (
        lambda d: put(
            template(d)["asyncInvokeConfig"]["destinationConfig"]["onFailure"],
            destination="acs:mns:cn-hangzhou:1:/queues/x",
        ),
        "with /messages at its end",
    ),
    "queue elsewhere": (
        lambda d: put(
            template(d)["asyncInvokeConfig"]["destinationConfig"]["onFailure"],
            destination="acs:mns:cn-beijing:1:/queues/x/messages",
        ),
        "the queue is in cn-beijing, the function in cn-hangzhou",
    ),
    "no role": (lambda d: props(d).pop("role"), "role is missing"),
    "bare role": (
        lambda d: put(props(d), role="CurfewStop"),
        "acs:ram::${config('AccountID')}:role/curfew-stop",
    ),
    "role of another account": (
        lambda d: put(props(d), role="acs:ram::42:role/curfew-stop"),
        "role: its account, 42, is not in CURFEW_ACCOUNTS",
    ),
    "trigger without name": (
        lambda d: trigger(d, "stop").pop("triggerName"),
        "timer (no name): triggerName is missing",
    ),
    "one trigger's name twice": (
        lambda d: put(trigger(d, "stop"), triggerName="evening"),
        "two triggers are called evening",
    ),
    "made-up trigger": (
        lambda d: put(trigger(d, "stop"), triggerType="cron"),
        "cron evening-dry-run: triggerType: 'cron' is invalid: expected timer,",
    ),
    "key of a trigger": (
        lambda d: put(trigger(d, "stop"), qualifer="LATEST"),
        "qualifer is not a key of fc3; did you mean qualifier?",
    ),
    "key of a configuration": (
        lambda d: put(trigger(d, "stop")["triggerConfig"], enabled=True),
        "enabled is not a key of fc3; did you mean enable?",
    ),
    "enable a text": (
        lambda d: put(trigger(d, "stop")["triggerConfig"], enable="true"),
        "enable: 'true' is invalid: expected true or false, without quotes",
    ),
    "no cron": (
        lambda d: trigger(d, "stop")["triggerConfig"].pop("cronExpression"),
        "cronExpression is missing",
    ),
    "a bad cron": (
        lambda d: d["vars"].update(morning="CRON_TZ=Asia/Shanghai 30 8 * * MON-FRI"),
        "timer morning: cronExpression: '30 8 * * MON-FRI' has five fields",
    ),
    "no payload": (
        lambda d: trigger(d, "stop")["triggerConfig"].pop("payload"),
        "timer evening-dry-run: payload is missing",
    ),
    "a payload that is a mapping": (
        lambda d: put(trigger(d, "stop")["triggerConfig"], payload={"name": "x"}),
        "payload: {'name': 'x'} is invalid: expected a text: quote it",
    ),
    "a payload that is not JSON": (
        lambda d: put(trigger(d, "stop")["triggerConfig"], payload="{name: x}"),
        "timer evening-dry-run: payload: not JSON",
    ),
    "a payload that is a list": (
        lambda d: put(trigger(d, "stop")["triggerConfig"], payload="[]"),
        "payload is not a JSON object",
    ),
    "a field that is not": (
        lambda d: put(trigger(d, "stop")["triggerConfig"], payload='{"tagz": {"a": "b"}}'),
        "timer evening-dry-run: stop will refuse its payload. 'tagz'",
    ),
    "a payload of another function": (
        lambda d: put(
            trigger(d, "stop")["triggerConfig"], payload='{"action": "release", "name": "x"}'
        ),
        "stop will refuse its payload",
    ),
    "a region that is not allowed": (
        lambda d: put(
            trigger(d, "stop")["triggerConfig"], payload='{"name": "x", "regions": ["cn-beijing"]}'
        ),
        "CURFEW_REGIONS",
    ),
    "all without a cap": (
        lambda d: put(trigger(d, "stop")["triggerConfig"], payload='{"all": true}'),
        '"all" selects every instance',
    ),
    "a time that is past": (
        lambda d: put(
            trigger(d, "set_auto_release")["triggerConfig"],
            payload='{"name": "x", "release_at": "2020-01-01T00:00:00+08:00"}',
            enable=True,
        ),
        "timer night: set_auto_release will refuse its payload. release_at: 2020-01-01",
    ),
    "too short a lease": (
        lambda d: put(
            trigger(d, "set_auto_release")["triggerConfig"],
            payload='{"name": "x", "release_after": "5m"}',
            enable=True,
        ),
        "timer night: set_auto_release will refuse its payload. release_after",
    ),
    "topic elsewhere": (
        lambda d: put(trigger(d, "release"), sourceArn="acs:mns:cn-beijing:1:/topics/x"),
        "mns_topic topic: the topic is in cn-beijing, the function in cn-hangzhou",
    ),
    "no topic": (
        lambda d: put(trigger(d, "release"), sourceArn="curfew-release"),
        "expected acs:mns:REGION:ACCOUNT:/topics/NAME",
    ),
    "format": (
        lambda d: put(trigger(d, "release")["triggerConfig"], notifyContentFormat="XML"),
        "notifyContentFormat: 'XML' is invalid: expected JSON or STREAM",
    ),
    "events of another trigger": (
        lambda d: put(trigger(d, "set_auto_release", -1), triggerName="queue2"),
        "come from MNS-curfew-set-auto-release-queue2",
    ),
    "a pattern that is not JSON": (
        lambda d: put(
            trigger(d, "set_auto_release", -1)["triggerConfig"], eventRuleFilterPattern="source"
        ),
        "eventRuleFilterPattern: 'source' is not JSON",
    ),
    "EventBridge and a long timeout": (
        lambda d: put(props(d, "set_auto_release"), timeout=600),
        "a function behind EventBridge may take 300 seconds",
    ),
    "an unknown variable": (
        lambda d: put(props(d), timeout="${vars.nope}"),
        "there is no nope under vars",
    ),
    "nothing of ours": (
        lambda d: put(d, resources={"x": {"component": "oss", "props": {}}}),
        "no resource has a handler such as functions.stop.handler",
    ),
    "too many triggers": (
        lambda d: put(
            props(d, "start"),
            triggers=[
                {**trigger(d, "release"), "triggerName": f"topic-{number}"} for number in range(51)
            ],
        ),
        "it has more than 50 triggers",
    ),
}


@pytest.mark.parametrize(("edit", "said"), ERRORS.values(), ids=ERRORS)
def test_what_cannot_work_is_an_error(edit: Edit, said: str, checked: Checked) -> None:
    errors = checked(edit)[Level.ERROR]

    assert any(said in one for one in errors), errors


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
    "nowhere for failures": (
        lambda d: template(d)["asyncInvokeConfig"].pop("destinationConfig"),
        "no onFailure destination",
    ),
    "both days": (
        lambda d: d["vars"].update(morning="CRON_TZ=Asia/Shanghai 0 30 8 1 * MON"),
        "limits both the day of the month and that of the week",
    ),
    "every second": (
        lambda d: d["vars"].update(morning="CRON_TZ=Asia/Shanghai * * * * * *"),
        "timer morning: it comes every 1 seconds",
    ),
    "a fixed time": (
        lambda d: d["vars"].update(
            night_request='{"name": "x", "release_at": "2027-01-01T00:00:00+08:00"}'
        ),
        "timer night: release_at is one fixed time",
    ),
    "not known here": (
        lambda d: d["vars"].update(morning="${file('x')}"),
        "timer morning: what it holds is not known here",
    ),
    "the role of another function": (
        lambda d: put(props(d), role="acs:ram::1234567890123456:role/curfew-release"),
        "role: curfew-release is by its name the role of release: stop would run with its",
    ),
    "the longest name is the role's": (
        lambda d: put(
            props(d, "release"), role="acs:ram::1234567890123456:role/Curfew_set_auto_release"
        ),
        "is by its name the role of set_auto_release: release would run with its permissions",
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
        "STREAM messages have no time",
    ),
    "a topic that is not known": (
        lambda d: put(trigger(d, "release"), sourceArn="${file('x')}"),
        "sourceArn is not known here",
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
        "whoever knows the address can call the function",
    ),
    "HTTP without a body": (
        lambda d: put(
            trigger(d, "stop"),
            triggerType="http",
            triggerConfig={"authType": "function", "methods": ["GET"]},
        ),
        "POST is not among its methods",
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


def test_what_is_not_curfews_is_left_alone(checked: Checked) -> None:
    told = checked(lambda d: d["resources"].update(web={"component": "oss", "props": {"x": 1}}))

    assert "resources.web is not a function of Curfew; it was not checked" in told[Level.NOTE]
    assert told[Level.ERROR] == []


def test_http_with_a_signature_is_fine(checked: Checked) -> None:
    told = checked(
        lambda d: put(
            trigger(d, "stop"),
            triggerType="http",
            triggerConfig={"authType": "function", "methods": ["POST"]},
        )
    )

    assert "http evening-dry-run: HTTP, authType function" in told[Level.OK]


def test_an_eventbridge_source_of_another_kind_is_told(checked: Checked) -> None:
    told = checked(
        lambda d: trigger(d, "set_auto_release", -1)["triggerConfig"].update(
            eventSourceConfig={"eventSourceType": "RocketMQ", "eventSourceParameters": {}},
            eventRuleFilterPattern="{}",
            triggerEnable=False,
        )
    )

    assert "eventbridge queue: off, events of RocketMQ" in told[Level.OK]


def test_what_the_deploy_tool_will_not_do_is_said(checked: Checked) -> None:
    notes = " ".join(checked()[Level.NOTE])

    assert "does not delete a trigger that was taken out of s.yaml or renamed" in notes
    assert "Remove it:\ns RESOURCE remove --trigger OLD-NAME -y" in notes
    assert "s release remove --trigger topic -y\ns set_auto_release remove --trigger" in notes


def test_without_topics_nothing_is_said_of_them(checked: Checked) -> None:
    notes = " ".join(checked(STEPS["triggers out"])[Level.NOTE])

    assert "mns_topic" not in notes


def test_an_empty_list_of_triggers_is_no_error(checked: Checked) -> None:
    told = checked(lambda d: put(props(d, "release"), triggers=None))

    assert told[Level.ERROR] == []
    assert "triggers is empty: it has none. The line may go" in told[Level.NOTE]


def test_an_unquoted_number_is_one_error_and_counts_as_what_it_means(checked: Checked) -> None:
    told = checked(lambda d: put(template(d)["environmentVariables"], CURFEW_MAX_PERCENT=7))

    assert told[Level.ERROR] == [
        "environment variable CURFEW_MAX_PERCENT: 7 is not a text; write '7'\nin all 7 functions"
    ]
    settings = "settings: at most 100 instances and 7 % of a region a run"
    assert any(one.startswith(settings) for one in told[Level.OK])


def test_what_is_wrong_with_some_functions_alike_is_told_once_and_names_them(
    checked: Checked,
) -> None:
    def misspell(document: dict[str, Any]) -> None:
        for name in ("start", "stop", "describe"):
            put(props(document, name), timout=5)

    told = checked(misspell)

    (error,) = told[Level.ERROR]
    assert error.startswith("timout is not a key of fc3; did you mean timeout?\nin curfew-")
    names = {"curfew-describe", "curfew-stop", "curfew-start"}
    assert set(error.partition("\nin ")[2].split(", ")) == names


def test_a_dry_run_beside_the_run_itself_is_remarked(checked: Checked) -> None:
    told = checked(lambda d: trigger(d, "stop", 1)["triggerConfig"].update(enable=True))

    assert told[Level.WARNING] == []
    assert (
        "timers evening-dry-run and evening are ON at the same times with the same request: the "
        "dry run comes with the run itself. Set enable: false on evening-dry-run"
    ) in told[Level.NOTE]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"cronExpression": "0 0 19 * * *"}, id="other times"),
        pytest.param({"payload": '{"name": "x", "dry_run": true}'}, id="another request"),
        pytest.param({"payload": "{"}, id="no request"),
        pytest.param({"enable": False}, id="off"),
    ],
)
def test_a_dry_run_of_something_else_is_not_remarked(
    checked: Checked, change: dict[str, object]
) -> None:
    told = checked(
        lambda d: (
            trigger(d, "stop", 1)["triggerConfig"].update(enable=True),
            trigger(d, "stop", 0)["triggerConfig"].update(change),
        )
    )

    assert not any("at the same times" in one for one in told[Level.NOTE])


class TestPolicies:
    def test_a_missing_policy_is_an_error(self, ram: Path, checked: Checked) -> None:
        (ram / "stop.json").unlink()

        assert "ram/stop.json is missing: the policy of the role" in checked()[Level.ERROR]

    @pytest.mark.parametrize("text", ["{", '{"Version": "1", "Statement": []}'])
    def test_a_policy_that_is_none_is_an_error(
        self, ram: Path, checked: Checked, text: str
    ) -> None:
        (ram / "stop.json").write_text(text)

        assert any(one.startswith("ram/stop.json: ") for one in checked()[Level.ERROR])

    @pytest.mark.parametrize(
        "statement",
        [
            pytest.param({"Effect": "Allow", "Action": "ecs:Describe*"}, id="not allowed"),
            pytest.param({"Effect": "Deny", "Action": ["ecs:StopInstances"]}, id="denied"),
        ],
    )
    def test_an_action_that_is_missing_is_named(
        self, ram: Path, checked: Checked, statement: dict[str, object]
    ) -> None:
        document = json.loads((ram / "stop.json").read_text())
        changed = {**statement, "Resource": "*"}
        kept = document["Statement"] if statement["Effect"] == "Deny" else []
        (ram / "stop.json").write_text(json.dumps({**document, "Statement": [*kept, changed]}))

        assert (
            "ram/stop.json does not allow ecs:StopInstances, which stop needs"
            in checked()[Level.ERROR]
        )

    def test_a_condition_that_is_not_known_here_is_a_warning(
        self, ram: Path, checked: Checked
    ) -> None:
        document = json.loads((ram / "stop.json").read_text())
        document["Statement"][0]["Condition"] = {"StringEquals": {"acs:SourceVpc": "vpc-1"}}
        (ram / "stop.json").write_text(json.dumps(document))

        told = checked()

        assert told[Level.ERROR] == []
        (warned,) = [one for one in told[Level.WARNING] if "stop.json" in one]
        assert warned.startswith("ram/stop.json was not checked: its conditions are not known here")

    def test_a_policy_narrowed_by_tags_or_written_wider_is_fine(
        self, ram: Path, checked: Checked
    ) -> None:
        statement = {
            "Effect": "Allow",
            "Action": "ecs:*",
            "Resource": "acs:ecs:*:*:instance/*",
            "Condition": {"StringEquals": {"acs:ResourceTag/env": "dev"}},
        }
        (ram / "stop.json").write_text(json.dumps({"Version": "1", "Statement": statement}))

        assert checked()[Level.ERROR] == []

    def test_what_each_function_needs_is_what_its_policy_allows(self) -> None:
        allowed = {
            name: {
                action.removeprefix("ecs:")
                for statement in json.loads((CODE / "ram" / f"{name}.json").read_text())[
                    "Statement"
                ]
                if statement["Effect"] == "Allow"
                for action in statement["Action"]
            }
            for name in function_names()
        }

        assert {name: set(actions) for name, actions in NEEDED.items()} == allowed


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["check", *arguments])


class TestCommand:
    def test_it_says_of_the_shipped_file_that_all_is_well(self) -> None:
        result = run(str(SHIPPED))

        assert result.exit_code == 0, result.output
        assert result.output.endswith("\n0 errors, 0 warnings\n")
        assert "\ncurfew-stop · cn-hangzhou · python3.10 · 900 s\n" in result.output
        assert re.search(
            r"  ok       timer evening-dry-run: ON, a dry run\n {11}0 0 20", result.output
        )

    def test_it_takes_the_projects_own_file_if_none_is_named(self) -> None:
        assert "curfew-stop" in run().output

    def test_an_error_is_its_exit_status(self, tmp_path: Path) -> None:
        path = tmp_path / "s.yaml"
        path.write_text(SHIPPED.read_text().replace("timeout: 900", "timeout: 0", 1))

        result = run(str(path))

        assert result.exit_code == 1
        assert "\n  ERROR    timeout: 0 is invalid" in result.output
        assert result.output.endswith("\n1 error, 0 warnings\n")

    def test_a_file_that_cannot_be_read_is_one_error(self, tmp_path: Path) -> None:
        path = tmp_path / "s.yaml"
        path.write_text("a: [")

        result = run(str(path))

        assert result.exit_code == 1
        assert "it is not YAML: line 1" in result.output

    def test_a_file_that_is_not_there_is_bad_usage(self) -> None:
        assert run("no/such/s.yaml").exit_code == 2

    def test_no_line_is_wider_than_a_terminal(self) -> None:
        assert max(map(len, run(str(SHIPPED)).output.splitlines())) <= 80


def test_every_kind_of_trigger_that_carries_requests_is_looked_at() -> None:
    assert set(TRIGGER_CONFIGS) == {"timer", "mns_topic", "eventbridge", "http"}
