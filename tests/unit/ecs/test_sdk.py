"""The transport: each trap of aliyun-python-sdk-core, shown on what goes over the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from aliyunsdkcore.request import RpcRequest
from pytest_mock import MockerFixture

from local.ecs.gateway.faults import AnyFault, Cut, ProxyPage, Refuse
from local.ecs.http.signatures import Credential
from local.ecs.ram.caller import Caller
from shared.ecs.transport import ErrorResponse, NoResponse
from shared.settings.proxy import Proxy
from shared.settings.settings import Credentials, Settings

if TYPE_CHECKING:  # pytest wants to be the first to import a plugin
    from local.ecs.fake import FakeEcs
from tests.unit.ecs.sdk_gateway import REGION, Gateway, ask, transport


def test_a_call_never_sends_the_ids_of_the_call_before(fake_ecs: FakeEcs) -> None:
    made = transport()
    for ids in (["i-a", "i-b", "i-c"], ["i-d"]):
        listed = {f"InstanceId.{number}": one for number, one in enumerate(ids, 1)}
        with pytest.raises(ErrorResponse):
            made.send("DeleteInstances", {**REGION, **listed}, timeout_s=10)

    first, second = (entry.parameters for entry in fake_ecs.log)
    assert first == {
        **REGION,
        "InstanceId.1": "i-a",
        "InstanceId.2": "i-b",
        "InstanceId.3": "i-c",
    }
    assert second == {**REGION, "InstanceId.1": "i-d"}


def test_every_call_has_a_request_object_of_its_own(
    fake_ecs: FakeEcs, mocker: MockerFixture
) -> None:
    sign = mocker.spy(RpcRequest, "get_url")
    made = transport()

    for _ in range(3):
        made.send("DescribeInstances", REGION, timeout_s=10)

    requests = [one.args[0] for one in sign.call_args_list]
    assert len({id(request) for request in requests}) == len(fake_ecs.log) == 3


@pytest.mark.parametrize(
    ("settings", "sent_to"),
    [
        pytest.param(Settings(), "https://ecs.cn-hangzhou.aliyuncs.com", id="ECS's-own"),
        pytest.param(
            Settings(network="vpc"), "https://ecs-vpc.cn-hangzhou.aliyuncs.com", id="inside-a-VPC"
        ),
        pytest.param(
            Settings(endpoint="https://ecs.example.com:8443"),
            "https://ecs.example.com:8443",
            id="another-host",
        ),
        pytest.param(
            Settings(endpoint=bytes("https://ecs.example.com", "ascii").decode()),
            "https://ecs.example.com",
            id="read-at-run-time-not-the-SDK's-constant",
        ),
        pytest.param(
            Settings(endpoint="https://127.0.0.1:8443"), "https://127.0.0.1:8443", id="https-here"
        ),
        pytest.param(
            Settings(endpoint="http://127.0.0.1:8014"), "http://127.0.0.1:8014", id="http-here"
        ),
        pytest.param(
            Settings(endpoint="http://[::1]:8014"), "http://[::1]:8014", id="http-here-by-IPv6"
        ),
    ],
)
def test_a_call_goes_by_https_unless_it_stays_on_this_machine(
    gateway: Gateway, settings: Settings, sent_to: str
) -> None:
    ask(settings=settings)

    url = urlsplit(gateway.urls[0])
    assert f"{url.scheme}://{url.netloc}" == sent_to


@pytest.mark.parametrize(
    ("region", "network", "host"),
    [
        ("cn-hangzhou-finance", "", "ecs.aliyuncs.com"),
        ("cn-north-2-gov-1", "", "ecs.aliyuncs.com"),
        ("cn-shanghai-finance-1", "", "ecs-cn-hangzhou.aliyuncs.com"),
        ("cn-shenzhen-finance-1", "", "ecs-cn-hangzhou.aliyuncs.com"),
        ("cn-beijing-finance-1", "", "ecs.cn-beijing-finance-1.aliyuncs.com"),
        ("cn-hangzhou-finance", "vpc", "ecs-vpc.cn-hangzhou-finance.aliyuncs.com"),
        ("cn-hongkong", "", "ecs.cn-hongkong.aliyuncs.com"),
        ("cn-beijing", "", "ecs.cn-beijing.aliyuncs.com"),
    ],
)
def test_a_region_of_finance_or_government_cloud_is_called_where_the_sdk_knows_it(
    gateway: Gateway, region: str, network: str, host: str
) -> None:
    made = transport(Settings(network=network))
    made.send("DescribeInstances", {"RegionId": region}, timeout_s=10)

    assert urlsplit(gateway.urls[0]).netloc == host


@pytest.mark.parametrize("operation", ["DescribeInstances", "CreateSnapshot", "DeleteInstances"])
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Refuse(status=status, code=code), id=f"{status}-{code}")
        for status in (400, 403, 429, 500, 502, 503, 504)
        for code in ("Throttling", "InternalError", "ServiceUnavailable")
    ]
    + [pytest.param(Cut(), id="cut"), pytest.param(ProxyPage(), id="proxy")],
)
def test_the_sdk_never_repeats_a_call(fake_ecs: FakeEcs, operation: str, fault: AnyFault) -> None:
    fake_ecs.faults.add(fault)

    with pytest.raises((ErrorResponse, NoResponse)):
        ask(operation, DiskId="d-1")

    assert fake_ecs.log.count(operation) == 1


@pytest.mark.parametrize("token", ["", "a-token"])
def test_the_key_of_the_call_is_used_whatever_the_environment_has(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    for name in ("ALIYUN_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_ID"):
        monkeypatch.setenv(name, "stray-key")
    for name in ("ALIYUN_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        monkeypatch.setenv(name, "stray-secret")
    monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", "stray-token")

    ask(credentials=Credentials("given-key", "given-secret", token))

    assert gateway.query()["AccessKeyId"] == ["given-key"]
    assert gateway.query().get("SecurityToken") == ([token] if token else None)
    assert "stray" not in gateway.urls[0]


def test_a_call_is_signed_with_the_secret_given(
    fake_ecs: FakeEcs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIYUN_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("ALIYUN_ACCESS_KEY_SECRET", "stray-secret")
    known = Credential("STS.key", "secret", Caller(), security_token="token")
    fake_ecs.emulator.wire.use([known])

    answer = ask(credentials=Credentials("STS.key", "secret", "token"))

    assert answer["Instances"]["Instance"]


@pytest.mark.parametrize(
    ("settings", "proxy"),
    [
        pytest.param(Settings(), None, id="none-stated"),
        pytest.param(
            Settings(https_proxy=Proxy("http://proxy.example:3128")),
            "http://proxy.example:3128",
            id="the-operator's",
        ),
        pytest.param(
            Settings(
                endpoint="http://127.0.0.1:8014", https_proxy=Proxy("http://proxy.example:3128")
            ),
            None,
            id="none-for-this-machine",
        ),
        pytest.param(
            Settings(
                endpoint="https://localhost:8443", https_proxy=Proxy("http://proxy.example:3128")
            ),
            None,
            id="none-for-this-machine-by-https",
        ),
    ],
)
def test_only_the_operators_proxy_is_used_and_only_for_https(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, settings: Settings, proxy: str | None
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://stray.example:3128")
        monkeypatch.setenv(name.lower(), "http://stray.example:3128")

    ask(settings=settings)

    assert gateway.options[0]["proxies"] == {"http": None, "https": proxy}


@pytest.mark.parametrize(
    ("timeout_s", "passed_on"), [(30.0, (5.0, 25.0)), (0.4, (0.1, pytest.approx(0.3)))]
)
def test_a_call_waits_no_longer_than_it_may(
    gateway: Gateway, timeout_s: float, passed_on: tuple[float, float]
) -> None:
    ask(timeout_s=timeout_s)

    assert gateway.options[0]["timeout"] == passed_on


def test_a_hundred_regions_keep_their_connections_all(mocker: MockerFixture) -> None:
    gateway, adapters = Gateway(), []

    def send(adapter: Any, request: Any, **options: Any) -> Any:  # noqa: ANN401  # the SDK is untyped
        adapters.append(adapter)
        return gateway.send(request, **options)

    mocker.patch("aliyunsdkcore.vendored.requests.adapters.HTTPAdapter.send", new=send)
    made = transport()
    made.send("DescribeInstances", REGION, timeout_s=10)
    urls = [f"https://ecs.region-{number}.aliyuncs.com" for number in range(100)]

    pools = [[adapters[0].poolmanager.connection_from_url(url) for url in urls] for _ in range(2)]

    assert all(first is second for first, second in zip(*pools, strict=True))
    made.close()


def test_redirects_are_not_followed(gateway: Gateway) -> None:
    gateway.status, gateway.headers = 302, {"Location": "http://evil.example/"}

    with pytest.raises(NoResponse, match="HTTP 302, which ECS never returns"):
        ask()

    assert len(gateway.urls) == 1
