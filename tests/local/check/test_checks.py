"""What the check says of an s.yaml: the shipped one, and that with one thing changed."""

from __future__ import annotations

from typing import Any

import pytest

from local.check.fc3 import TRIGGER_CONFIGS
from local.check.findings import Level
from local.fc.deployment import function_names
from tests.local.check.edits import Checked, Edit, props, put, template, trigger

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
    notice, night, again = sorted(
        checked(STEPS["another region"])[Level.WARNING], key=lambda one: "night" in one
    )

    assert notice.startswith("timer release-notice: describe would refuse its payload. region cn-")
    assert night.startswith("timer night: set_auto_release would refuse its payload. region cn-")
    assert night.endswith(" (It is off now.)")
    assert again == night.replace("night", "night-again")


def test_the_runtime_may_come_from_the_environment(checked: Checked) -> None:
    assert checked(RUNTIME="python3.12")[Level.ERROR] == []


def test_a_timer_is_told_with_its_zone_its_next_times_and_its_request(checked: Checked) -> None:
    (told,) = [one for one in checked()[Level.OK] if one.startswith("timer evening-dry-run:")]

    assert told == (
        "timer evening-dry-run: ON, a dry run\n"
        "0 0 20 * * * in Asia/Shanghai (China, +08:00)\n"
        "next: Thu 26 Nov 20:00, Fri 27 Nov 20:00, Mon 30 Nov 20:00 (it rests on other days)\n"
        '{"tags": {"team": "dev", "env": "dev"}, "except": {"tags": {"curfew:schedule": "*"}}, '
        '"days": "workdays", "stopped_mode": "StopCharging", "dry_run": true}'
    )


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ('"sat sun"', "next: Sat 28 Nov 20:00, Sun 29 Nov 20:00, Sat 05 Dec 20:00 (it rests"),
        ('["offdays"]', "next: Sat 28 Nov 20:00, Sun 29 Nov 20:00, Sat 05 Dec 20:00 (it rests"),
        ('"2026-12-24"', "next: Thu 24 Dec 20:00 (it rests on other days)\n"),
        ('"daily"', "next: Thu 26 Nov 20:00, Fri 27 Nov 20:00, Sat 28 Nov 20:00 (it rests"),
    ],
)
def test_a_timer_with_days_is_told_with_the_times_at_which_it_does_not_rest(
    checked: Checked, days: str, said: str
) -> None:
    told = checked(
        lambda d: d["vars"].update(evening_request=f'{{"tags": {{"a": "b"}}, "days": {days}}}')
    )

    (evening,) = [one for one in told[Level.OK] if one.startswith("timer evening:")]
    assert said in evening


def test_its_days_are_those_of_the_zone_of_dates(checked: Checked) -> None:
    def sundays(document: dict[str, Any]) -> None:
        document["vars"].update(evening_request='{"tags": {"a": "b"}, "days": "sun"}')
        template(document)["environmentVariables"]["CURFEW_TZ"] = "Pacific/Kiritimati"

    (evening,) = [one for one in checked(sundays)[Level.OK] if one.startswith("timer evening:")]

    assert "next: Sat 28 Nov 20:00, Sat 05 Dec 20:00," in evening


def test_a_timer_that_would_always_rest_is_a_warning(checked: Checked) -> None:
    told = checked(
        lambda d: d["vars"].update(evening_request='{"name": "x", "days": "2026-11-25"}')
    )

    rests = 'timer evening: it would always rest: none of its next times is on its "days"'
    assert rests in told[Level.WARNING]


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
        "timer evening: CRON_TZ is missing, so the times are in UTC: 20:00 there is 04:00 in "
        "China; for China's time, put CRON_TZ=Asia/Shanghai in front"
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
    assert "timer evening: it fires every 60 s" in told[Level.WARNING]


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

    assert "does not delete a trigger that was removed from s.yaml or renamed" in notes
    assert "Remove it:\ns RESOURCE remove --trigger OLD-NAME -y" in notes
    assert "s release remove --trigger topic -y\ns set_auto_release remove --trigger" in notes


def test_without_topics_nothing_is_said_of_them(checked: Checked) -> None:
    notes = " ".join(checked(STEPS["triggers out"])[Level.NOTE])

    assert "mns_topic" not in notes


def test_an_empty_list_of_triggers_is_no_error(checked: Checked) -> None:
    told = checked(lambda d: put(props(d, "release"), triggers=None))

    assert told[Level.ERROR] == []
    assert "triggers is empty; you can remove the line" in told[Level.NOTE]


def test_an_unquoted_number_is_one_error_and_counts_as_what_it_means(checked: Checked) -> None:
    told = checked(lambda d: put(template(d)["environmentVariables"], CURFEW_MAX_PERCENT=7))

    wrong = "environment variable CURFEW_MAX_PERCENT is not a string; write it in quotes"
    assert told[Level.ERROR] == [f"{wrong}\nin all {len(function_names())} functions"]
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
        "dry run would coincide with the run itself. Set enable: false on evening-dry-run"
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


def test_every_kind_of_trigger_that_carries_requests_is_looked_at() -> None:
    assert set(TRIGGER_CONFIGS) == {"timer", "mns_topic", "eventbridge", "http"}
