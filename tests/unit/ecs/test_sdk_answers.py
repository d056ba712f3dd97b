"""The transport: what it makes of answers, refusals and failures of the SDK's libraries."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from aliyunsdkcore.vendored.requests import exceptions

from shared.ecs.transport import Denial, ErrorResponse, NoResponse
from shared.settings.settings import Credentials
from tests.unit.ecs.sdk_gateway import Gateway, ask

HIDDEN = Credentials("STS.MARKEDKEY", "MARKEDSECRET", "MARKEDTOKEN")
URL = "https://ecs.cn-hangzhou.aliyuncs.com/?AccessKeyId=STS.MARKEDKEY&Signature=MARKEDSIGN"
BROKEN = (
    "HTTPSConnectionPool(host='ecs.cn-hangzhou.aliyuncs.com', port=443): Max retries exceeded with "
    f"url: {URL} (Caused by {{}})"
)


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
        pytest.param({"x-acs-retry-after": "²"}, None, id="superscript"),
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
