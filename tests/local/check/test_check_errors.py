"""What the check calls an error: each thing that cannot work."""

from __future__ import annotations

import pytest

from local.check.findings import Level
from tests.local.check.edits import Checked, Edit, props, put, template, trigger

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
        "runtimes python3.10, python3.12: make package builds for one runtime only",
    ),
    "no runtime": (lambda d: template(d).pop("runtime"), "runtime is missing; it must be python3"),
    "never at once": (
        lambda d: put(props(d)["concurrencyConfig"], reservedConcurrency=0),
        "a whole number from 1 on; with 0 no event would run",
    ),
    "another component": (
        lambda d: put(d["resources"]["stop"], component="fc"),
        "resources.stop: component: 'fc' is invalid: expected fc3",
    ),
    "the emulator": (
        lambda d: put(template(d)["environmentVariables"], ECS_ENDPOINT="http://127.0.0.1:8421"),
        "ECS_ENDPOINT is http://127.0.0.1:8421, the function's own machine",
    ),
    "several at once": (lambda d: put(props(d), instanceConcurrency=10), "handles one event at a"),
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
        "resources.stop: handler functions.halt.handler is not one of Curfew's",
    ),
    "number in the environment": (
        lambda d: put(template(d)["environmentVariables"], CURFEW_MAX_INSTANCES=100),
        "environment variable CURFEW_MAX_INSTANCES is not a string; write it in quotes",
    ),
    "a key of digits alone": (
        lambda d: put(template(d)["environmentVariables"], CURFEW_LINK_KEY=int("42" * 20)),
        "environment variable CURFEW_LINK_KEY is not a string; write it in quotes",
    ),
    "true in the environment": (
        lambda d: put(template(d)["environmentVariables"], X=True),
        "environment variable X is not a string; write it in quotes",
    ),
    "nothing in the environment": (
        lambda d: put(template(d)["environmentVariables"], CURFEW_TZ=None),
        "environment variable CURFEW_TZ has no value; write '' or remove the line",
    ),
    "a mapping in the environment": (
        lambda d: put(template(d)["environmentVariables"], CURFEW_ONLY_TAGS={"a": "b"}),
        "environment variable CURFEW_ONLY_TAGS is a mapping; write a string, in quotes",
    ),
    "no environment at all": (
        lambda d: put(template(d), environmentVariables=None),
        "environmentVariables has no value: expected a mapping of names to strings, or remove",
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
        "environment variable FC_REGION: a name must start with a letter, and FC_ is reserved",
    ),
    "a key": (
        lambda d: put(template(d)["environmentVariables"], ALIBABA_CLOUD_ACCESS_KEY_ID="x"),
        "access keys do not belong in s.yaml",
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
        "ECS_NETWORK is vpc, but vpcConfig is missing",
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
        "ending with /messages",
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
        "payload: {'name': 'x'} is invalid: expected a string: put it in quotes",
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
        "timer evening-dry-run: stop would refuse its payload. 'tagz'",
    ),
    "a payload of another function": (
        lambda d: put(
            trigger(d, "stop")["triggerConfig"], payload='{"action": "release", "name": "x"}'
        ),
        "stop would refuse its payload",
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
        "timer night: set_auto_release would refuse its payload. release_at: 2020-01-01",
    ),
    "too short a lease": (
        lambda d: put(
            trigger(d, "set_auto_release")["triggerConfig"],
            payload='{"name": "x", "release_after": "5m"}',
            enable=True,
        ),
        "timer night: set_auto_release would refuse its payload. release_after",
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
        "a function behind EventBridge may run for at most 300 seconds",
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
