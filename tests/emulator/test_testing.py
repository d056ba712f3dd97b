"""The pytest plugin: ECS in process, under the SDK's HTTP layer."""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from aliyunsdkcore.acs_exception.exceptions import ClientException, ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest, RpcRequest

from local.ecs.account.model import Status
from local.ecs.fake import FakeEcs, StrayRequestError
from local.ecs.gateway.faults import (
    BrokenBody,
    Cut,
    Delay,
    LostPermission,
    Refuse,
    SlowBody,
)
from local.ecs.ram.policy import PolicyError
from local.ecs.server import LocalEcs

if TYPE_CHECKING:
    from pytest_mock import MockerFixture

pytest_plugins = ["local.ecs.testing"]


def ask(
    action: str,
    endpoint: str = "",
    read_timeout: int = 10,
    scheme: str = "https",
    **parameters: str,
) -> Any:  # noqa: ANN401  # JSON
    """What somebody's own script would do."""
    client = AcsClient(
        os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        "cn-shanghai",
        auto_retry=False,
    )
    request = RpcRequest("Ecs", "2014-05-26", action)
    request.set_protocol_type(scheme)
    request.set_endpoint(endpoint or "ecs.cn-shanghai.aliyuncs.com")
    request.set_read_timeout(read_timeout)
    for name, value in parameters.items():
        request.add_query_param(name, value)
    return json.loads(client.do_action_with_exception(request))


def running(fake_ecs: FakeEcs) -> str:
    return next(
        each.instance_id
        for each in fake_ecs.engine.instances("cn-shanghai")
        if each.status is Status.RUNNING and not each.locks
    )


def test_the_sdk_reaches_the_emulator_without_a_socket(fake_ecs: FakeEcs) -> None:
    answer = ask("DescribeInstances", MaxResults="100")

    assert {each["InstanceId"] for each in answer["Instances"]["Instance"]} == {
        each.instance_id for each in fake_ecs.engine.instances("cn-shanghai")
    }
    assert fake_ecs.log.actions() == ("DescribeInstances",)
    assert fake_ecs.endpoints == ["https://ecs.cn-shanghai.aliyuncs.com"]


def test_time_passes_when_the_test_says_so(fake_ecs: FakeEcs) -> None:
    instance_id = running(fake_ecs)
    ask("StopInstance", InstanceId=instance_id)

    assert fake_ecs.engine.instance(instance_id).status is Status.STOPPING
    fake_ecs.clock.advance(timedelta(minutes=5))

    assert fake_ecs.engine.instance(instance_id).status is Status.STOPPED


def test_the_sdks_own_endpoints_lead_to_the_emulator(fake_ecs: FakeEcs) -> None:
    client = AcsClient("local", "local", "cn-hangzhou")

    client.do_action_with_exception(RpcRequest("Ecs", "2014-05-26", "DescribeRegions"))

    assert fake_ecs.endpoints[-1].endswith(".aliyuncs.com")
    assert fake_ecs.log.count("DescribeRegions") == 1


def test_a_form_in_the_body_arrives(fake_ecs: FakeEcs) -> None:
    request = CommonRequest("ecs.aliyuncs.com", "2014-05-26", "DescribeInstances")
    request.set_method("POST")
    request.add_query_param("RegionId", "cn-shanghai")
    request.add_body_params("MaxResults", "11")

    AcsClient("local", "local", "cn-shanghai").do_action_with_exception(request)

    assert fake_ecs.log.entries()[0].parameters["MaxResults"] == "11"


def test_errors_arrive_as_the_sdks_own(fake_ecs: FakeEcs) -> None:
    with pytest.raises(ServerException) as caught:
        ask("StopInstance", InstanceId="i-unknown")

    assert caught.value.get_error_code() == "InvalidInstanceId.NotFound"
    assert fake_ecs.log.entries()[0].status == 404


@pytest.mark.parametrize("host", ["example.com", "aliyuncs.com.example.com", "notaliyuncs.com"])
def test_a_request_to_anywhere_else_fails_the_test(fake_ecs: FakeEcs, host: str) -> None:
    with pytest.raises(StrayRequestError, match=f"would have gone to {host}"):
        ask("DescribeRegions", endpoint=host)

    assert fake_ecs.endpoints == []
    assert len(fake_ecs.strays) == 1
    fake_ecs.strays.clear()


def test_a_request_through_a_proxy_fails_the_test(
    fake_ecs: FakeEcs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")

    with pytest.raises(StrayRequestError, match="would have gone through the proxy"):
        ask("DescribeRegions")

    assert len(fake_ecs.log) == 0
    fake_ecs.strays.clear()


def test_this_machine_is_emulated_too(fake_ecs: FakeEcs) -> None:
    ask("DescribeRegions", endpoint="http://127.0.0.1:8014")

    assert fake_ecs.endpoints == ["http://127.0.0.1:8014"]


def test_the_environment_holds_the_local_key_and_nothing_that_gets_in_its_way(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for stray in ("ALIYUN_ACCESS_KEY_ID", "ALIBABA_CLOUD_SECURITY_TOKEN", "https_proxy", "DEBUG"):
        monkeypatch.setenv(stray, "stray")

    request.getfixturevalue("fake_ecs")

    left = {name: value for name, value in os.environ.items() if value in ("stray", "local")}
    assert left == {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "local",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "local",
    }


@pytest.mark.parametrize(
    ("after_write", "status"), [(False, Status.RUNNING), (True, Status.STOPPING)]
)
def test_a_cut_connection_is_an_error_of_the_network(
    fake_ecs: FakeEcs,
    after_write: bool,  # noqa: FBT001  # a table's column
    status: Status,
) -> None:
    instance_id = running(fake_ecs)
    fake_ecs.faults.add(Cut(after_write=after_write))

    with pytest.raises(ClientException, match="Connection aborted") as caught:
        ask("StopInstance", InstanceId=instance_id)

    assert caught.value.get_error_code() == "SDK.HttpError"
    assert fake_ecs.engine.instance(instance_id).status is status


@pytest.mark.parametrize("fault", [Delay(seconds=30), SlowBody(seconds=30)])
def test_an_answer_later_than_the_timeout_does_not_come(
    fake_ecs: FakeEcs, fault: Delay | SlowBody
) -> None:
    fake_ecs.faults.add(fault)
    begun = fake_ecs.clock.now()

    with pytest.raises(ClientException, match="Read timed out"):
        ask("DescribeRegions", read_timeout=15)

    assert fake_ecs.clock.now() - begun == timedelta(seconds=15)


@pytest.mark.parametrize("fault", [Delay(seconds=3), SlowBody(seconds=3)])
def test_an_answer_within_the_timeout_takes_its_time(
    fake_ecs: FakeEcs, fault: Delay | SlowBody
) -> None:
    fake_ecs.faults.add(fault)
    begun = fake_ecs.clock.now()

    ask("DescribeRegions", read_timeout=15)

    assert fake_ecs.clock.now() - begun == timedelta(seconds=3)


def test_a_broken_body_arrives_broken(fake_ecs: FakeEcs) -> None:
    fake_ecs.faults.add(BrokenBody())

    with pytest.raises(json.JSONDecodeError):
        ask("DescribeRegions")


def test_policies_leave_the_key_what_they_allow(fake_ecs: FakeEcs) -> None:
    instance_id = running(fake_ecs)
    statement = {"Effect": "Allow", "Action": "ecs:Describe*", "Resource": "*"}

    fake_ecs.restrict({"Version": "1", "Statement": [statement]})

    assert ask("DescribeInstances")["Instances"]["Instance"]
    with pytest.raises(ServerException, match="not authorized") as caught:
        ask("StopInstance", InstanceId=instance_id)
    assert caught.value.get_error_code() == "Forbidden.RAM"


def test_without_a_policy_nothing_is_allowed(fake_ecs: FakeEcs) -> None:
    fake_ecs.restrict()

    with pytest.raises(ServerException, match="not authorized"):
        ask("DescribeInstances")
    with pytest.raises(PolicyError, match="no policy at all allows nothing"):
        fake_ecs.restrict({"Version": "1", "Statement": []})


def test_permission_can_be_lost_midway(fake_ecs: FakeEcs) -> None:
    fake_ecs.faults.add(LostPermission(skip=1, times=1))
    fake_ecs.faults.add(LostPermission(skip=2, empty=True))

    assert ask("DescribeInstances")["Instances"]["Instance"] != []
    with pytest.raises(ServerException, match="not authorized") as caught:
        ask("DescribeInstances")
    assert ask("DescribeInstances")["Instances"]["Instance"] == []
    assert caught.value.get_error_code() == "Forbidden.RAM"


def test_threads_are_served_side_by_side(fake_ecs: FakeEcs) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: ask("DescribeRegions"), range(80)))

    assert len(fake_ecs.log) == len(fake_ecs.endpoints) == 80


def test_each_test_has_an_emulator_of_its_own(fake_ecs: FakeEcs) -> None:
    assert len(fake_ecs.log) == 0
    assert fake_ecs.gateway.faults is fake_ecs.faults
    assert fake_ecs.faults.snapshot() == ()


def test_the_server_is_for_what_runs_elsewhere(ecs_server: LocalEcs) -> None:
    answer = ask("DescribeRegions", endpoint=ecs_server.url.removeprefix("http://"), scheme="http")

    assert answer["Regions"]["Region"]
    assert ecs_server.log.actions() == ("DescribeRegions",)


def over_http(server: LocalEcs, action: str, **parameters: str) -> Any:  # noqa: ANN401  # JSON
    endpoint = server.url.removeprefix("http://")
    return ask(action, endpoint, scheme="http", RegionId="cn-hangzhou", **parameters)  # type: ignore[arg-type]  # mypy gives them to read_timeout, too


@pytest.mark.fake_ecs(
    {"instances": [{"name": "web"}]}, now=datetime(2027, 1, 4, tzinfo=timezone.utc)
)
def test_the_marker_counts_for_the_server_too(ecs_server: LocalEcs) -> None:
    (web,) = over_http(ecs_server, "DescribeInstances")["Instances"]["Instance"]

    assert web["InstanceName"] == "web"
    assert ecs_server.clock.now().date() == datetime(2027, 1, 4, tzinfo=timezone.utc).date()


@pytest.mark.fake_ecs(fleet={"instances": [{"name": "web", "instance_id": "i-web"}]})
def test_the_server_can_be_told_what_goes_wrong_and_what_time_it_is(ecs_server: LocalEcs) -> None:
    ecs_server.faults.add(Refuse(action="StopInstance", status=503, code="Busy", times=1))
    with pytest.raises(ServerException, match="Busy"):
        over_http(ecs_server, "StopInstance", InstanceId="i-web")
    over_http(ecs_server, "StopInstance", InstanceId="i-web")

    ecs_server.clock.advance(timedelta(minutes=5))

    assert ecs_server.engine.instance("i-web").status is Status.STOPPED


def test_policies_restrict_who_asks_the_server(ecs_server: LocalEcs) -> None:
    statement = {"Effect": "Allow", "Action": "ecs:DescribeRegions", "Resource": "*"}

    ecs_server.restrict({"Version": "1", "Statement": [statement]})

    assert over_http(ecs_server, "DescribeRegions")["Regions"]["Region"]
    with pytest.raises(ServerException, match="not authorized"):
        over_http(ecs_server, "DescribeInstances")


@pytest.mark.fake_ecs(
    {"instances": [{"name": "web"}]}, now=datetime(2027, 1, 4, tzinfo=timezone.utc)
)
def test_a_marker_says_what_it_starts_with(fake_ecs: FakeEcs) -> None:
    assert [each.name for each in fake_ecs.engine.instances()] == ["web"]
    assert fake_ecs.clock.now() == datetime(2027, 1, 4, tzinfo=timezone.utc)


def test_the_marker_is_known(pytestconfig: pytest.Config) -> None:
    assert any(line.startswith("fake_ecs(") for line in pytestconfig.getini("markers"))


def test_a_loop_that_sleeps_moves_the_clock_on(fake_ecs: FakeEcs, mocker: MockerFixture) -> None:
    mocker.patch("time.sleep", side_effect=fake_ecs.clock.sleep)
    begun, instance_id = fake_ecs.clock.now(), running(fake_ecs)
    ask("StopInstance", InstanceId=instance_id)

    while fake_ecs.engine.instance(instance_id).status is not Status.STOPPED:
        time.sleep(2)

    assert timedelta(seconds=2) <= fake_ecs.clock.now() - begun < timedelta(minutes=5)


def test_without_aiohttp_the_server_says_what_to_install(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    monkeypatch.delitem(sys.modules, "local.ecs.server")

    with pytest.raises(pytest.fail.Exception, match=r'aiohttp, .* with its extra "server"'):
        request.getfixturevalue("ecs_server")
