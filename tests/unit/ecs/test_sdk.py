"""The transport: each trap of aliyun-python-sdk-core, shown on what goes over the wire."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aliyunsdkcore.request import RpcRequest
from aliyunsdkcore.vendored.requests import exceptions, models, structures
from pytest_mock import MockerFixture

from local.ecs.gateway.faults import AnyFault, Cut, ProxyPage, Refuse
from local.ecs.http.signatures import Credential
from local.ecs.ram.caller import Caller
from shared.ecs.sdk import SdkTransport
from shared.ecs.transport import Denial, ErrorResponse, NoResponse
from shared.proxy import Proxy
from shared.settings import Credentials, Settings

if TYPE_CHECKING:  # pytest wants to be the first to import a plugin
    from local.ecs.fake import FakeEcs

DEFAULT = Settings()
LOCAL = Credentials("local", "local")
HIDDEN = Credentials("STS.MARKEDKEY", "MARKEDSECRET", "MARKEDTOKEN")
REGION = {"RegionId": "cn-hangzhou"}
URL = "https://ecs.cn-hangzhou.aliyuncs.com/?AccessKeyId=STS.MARKEDKEY&Signature=MARKEDSIGN"
BROKEN = (
    "HTTPSConnectionPool(host='ecs.cn-hangzhou.aliyuncs.com', port=443): Max retries exceeded with "
    f"url: {URL} (Caused by {{}})"
)


def transport(
    settings: Settings = DEFAULT, credentials: Credentials = LOCAL, *, connections: int = 2
) -> SdkTransport:
    return SdkTransport(settings, credentials, connections=connections)


def ask(
    operation: str = "DescribeInstances",
    settings: Settings = DEFAULT,
    credentials: Credentials = LOCAL,
    timeout_s: float = 10,
    **parameters: str,
) -> Mapping[str, Any]:
    made = transport(settings, credentials)
    return made.send(operation, {**REGION, **parameters}, timeout_s=timeout_s)


@dataclass(slots=True)
class Gateway:
    """What answers in the socket's place, always the same; it keeps what it was sent."""

    status: int = 200
    body: bytes = b'{"RequestId": "1"}'
    headers: Mapping[str, str] = field(default_factory=dict)
    failure: Exception | None = None
    urls: list[str] = field(default_factory=list)
    options: list[Mapping[str, Any]] = field(default_factory=list)

    def send(self, request: Any, **options: Any) -> Any:  # noqa: ANN401  # the SDK is untyped
        self.urls.append(request.url)
        self.options.append(options)
        if self.failure:
            raise self.failure
        response = models.Response()
        response.status_code = self.status
        response.headers = structures.CaseInsensitiveDict(self.headers)
        response.raw = io.BytesIO(self.body)
        response.request = request
        return response

    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.urls[-1]).query, keep_blank_values=True)


@pytest.fixture
def gateway(mocker: MockerFixture) -> Gateway:
    made = Gateway()
    mocker.patch(
        "aliyunsdkcore.vendored.requests.adapters.HTTPAdapter.send",
        new=lambda _, request, **options: made.send(request, **options),
    )
    return made


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


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"Instances": {"Inst', id="cut-off"),
        pytest.param(b"<html><h1>502 Bad Gateway</h1></html>", id="html"),
        pytest.param(b"[]", id="list"),
        pytest.param(b"5", id="number"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"Code"', id="text"),
        pytest.param(b'{"Code": "\xff\xfe"}', id="not-utf-8"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b'{"Code": %s}' % (b"9" * 5000), id="huge-number"),
    ],
)
def test_what_is_no_json_object_is_no_answer(gateway: Gateway, status: int, body: bytes) -> None:
    gateway.status, gateway.body = status, body

    with pytest.raises(NoResponse):
        ask()


def test_a_signature_error_without_a_colon_is_read_as_any_other(gateway: Gateway) -> None:
    gateway.status = 400
    gateway.body = b'{"Code": "SignatureDoesNotMatch", "Message": "Specified signature is wrong."}'

    with pytest.raises(ErrorResponse) as raised:
        ask()

    assert raised.value.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("status", "body", "refusal"),
    [
        pytest.param(
            403,
            {"Code": "IncorrectInstanceStatus", "Message": "The current status does not do."},
            (403, "IncorrectInstanceStatus", "The current status does not do."),
            id="as-documented",
        ),
        pytest.param(500, {"Code": "X", "Message": None}, (500, "X", ""), id="no-message"),
        pytest.param(
            400, {"Code": "X", "Message": "y" * 999}, (400, "X", "y" * 200), id="long-message"
        ),
        pytest.param(
            400,
            {
                "Code": "SignatureDoesNotMatch",
                "Message": "Specified signature is not matched with our calculation. server "
                "string to sign is:POST&%2F&AccessKeyId%3DMARKED",
            },
            (
                400,
                "SignatureDoesNotMatch",
                "Specified signature is not matched with our calculation. server",
            ),
            id="string-to-sign",
        ),
    ],
)
def test_a_refusal_keeps_status_code_and_message(
    gateway: Gateway, status: int, body: object, refusal: tuple[int, str, str]
) -> None:
    gateway.status, gateway.body = status, json.dumps(body).encode()

    with pytest.raises(ErrorResponse) as caught:
        ask()

    error = caught.value
    assert (error.status, error.code, error.message) == refusal


@pytest.mark.parametrize("status", [400, 404, 500, 503])
@pytest.mark.parametrize("code", ["absent", None, "", " ", 17, ["X"], {"X": 1}, True])
def test_an_error_without_a_code_is_not_ecs_refusal(
    gateway: Gateway, status: int, code: object
) -> None:
    gateway.status = status
    body = {"RequestId": "1", **({} if code == "absent" else {"Code": code})}
    gateway.body = json.dumps(body).encode()

    with pytest.raises(NoResponse, match=f"^HTTP {status} without an ECS error code$"):
        ask()


DETAIL = {
    "AuthAction": "ecs:DescribeInstances",
    "AuthPrincipalType": "AssumedRoleUser",
    "AuthPrincipalDisplayName": "curfew-describe:session",
    "AuthPrincipalOwnerId": "1234567890123456",
    "NoPermissionType": "ImplicitDeny",
    "PolicyType": "AccountLevelIdentityBasedPolicy",
    "EncodedDiagnosticMessage": "MARKEDMESSAGE",
}
"""As ECS answers since 2025-12-20."""


@pytest.mark.parametrize(
    ("detail", "denied"),
    [
        pytest.param(
            DETAIL,
            Denial(
                "ecs:DescribeInstances",
                "role curfew-describe",
                "implicit deny, account-level policy",
            ),
            id="a-role",
        ),
        pytest.param(
            {
                **DETAIL,
                "AuthPrincipalType": "SubUser",
                "AuthPrincipalDisplayName": "201234567890123456",
                "NoPermissionType": "ExplicitDeny",
                "PolicyType": "ControlPolicy",
            },
            Denial(
                "ecs:DescribeInstances",
                "RAM user 201234567890123456",
                "explicit deny, control policy of the resource directory",
            ),
            id="a-user",
        ),
        pytest.param(
            {
                "AuthAction": "ecs:X\u2028\u001b" + "x" * 99,
                "AuthPrincipalType": "Odd",
                "AuthPrincipalDisplayName": "who",
                "NoPermissionType": "Other",
                "PolicyType": "New",
            },
            Denial((r"ecs:X\u2028\u001b" + "x" * 99)[:64], "who", "Other, New"),
            id="words-that-are-not-known",
        ),
        pytest.param(
            {"AuthAction": ["x"], "AuthPrincipalDisplayName": 5, "PolicyType": None},
            Denial(),
            id="no-texts",
        ),
        pytest.param({"AuthPrincipalType": "SubUser"}, Denial(), id="a-user-without-name"),
        pytest.param({}, Denial(), id="empty"),
        pytest.param(None, Denial(), id="absent"),
        pytest.param("denied", Denial(), id="text"),
        pytest.param([DETAIL], Denial(), id="list"),
    ],
)
def test_a_denial_says_what_ram_says_of_it(
    gateway: Gateway, detail: object, denied: Denial
) -> None:
    gateway.status = 403
    body = {"Code": "Forbidden.RAM", "Message": "User not authorized", "AccessDeniedDetail": detail}
    gateway.body = json.dumps(body).encode()

    with pytest.raises(ErrorResponse) as caught:
        ask()

    assert caught.value.denied == denied
    assert "MARKED" not in f"{caught.value!r} {vars(caught.value)}"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"x-acs-retry-after": "2500"}, 2.5),
        ({"X-Acs-Retry-After": " 2500 "}, 2.5),
        ({"x-acs-retry-after": "0"}, None),
        ({"x-acs-retry-after": "-1"}, None),
        ({"x-acs-retry-after": "soon"}, None),
        ({"x-acs-retry-after": "²"}, None),
        ({"x-acs-retry-after": "9" * 5000}, 120.0),
        ({"x-acs-retry-after": "9999999"}, 120.0),
        ({"x-ratelimit-user-api": "Limit:1,Remain:0,TimeLeft:2000,Reset:1234"}, 2.0),
        ({"x-ratelimit-user": "Limit:1, Remain:0, TimeLeft:700"}, 0.7),
        ({"x-ratelimit-user": "TimeLeft:700", "x-ratelimit-user-api": "TimeLeft:900"}, 0.9),
        ({"x-ratelimit-user": "nonsense"}, None),
    ],
    ids=lambda value: str(value)[:60],
)
def test_when_to_come_back_is_read_from_the_headers(
    gateway: Gateway, headers: Mapping[str, str], seconds: float | None
) -> None:
    gateway.status, gateway.headers = 400, headers
    gateway.body = b'{"Code": "Throttling.User", "Message": "x"}'

    with pytest.raises(ErrorResponse) as caught:
        ask()

    assert caught.value.retry_after_s == seconds


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (exceptions.ReadTimeout(BROKEN.format("Read timed out.")), "no response in time"),
        (exceptions.ConnectionError(BROKEN.format("RemoteDisconnected")), "the connection broke"),
    ],
    ids=lambda value: str(type(value).__name__),
)
def test_what_fails_in_the_sdks_libraries_says_so_in_few_words(
    gateway: Gateway, failure: Exception, reason: str
) -> None:
    gateway.failure = failure

    with pytest.raises(NoResponse) as caught:
        ask(credentials=HIDDEN)

    assert caught.value.reason == reason
