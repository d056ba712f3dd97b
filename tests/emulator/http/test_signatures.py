"""Who signed a request, and whether it may be believed."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.ecs.http.messages import HttpRequest
from local.ecs.http.signatures import (
    ANY_TOKEN,
    TOLERANCE,
    Credential,
    Verifier,
    acs3_signature,
    acs3_string_to_sign,
    rpc_signature,
    rpc_string_to_sign,
)
from local.ecs.ram.caller import Caller
from tests.emulator.http.signed import CALLER, KEY, NOW, STS, refusal, rpc, verify_rpc

LOCAL = Credential("local", "local", CALLER, security_token=ANY_TOKEN)
EMPTY_HASH = sha256(b"").hexdigest()
Change = Callable[[dict[str, str]], dict[str, str]]


def acs3(credential: Credential = KEY, body: bytes = b"", **changes: str) -> HttpRequest:
    """A request with a signed header; underscores in names of headers stand for dashes."""
    headers = {
        "host": "ecs.cn-hangzhou.aliyuncs.com",
        "x-acs-action": "DescribeRegions",
        "x-acs-version": "2014-05-26",
        "x-acs-date": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": "nonce-1",
        "x-acs-content-sha256": sha256(body).hexdigest(),
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    request = HttpRequest("POST", "/?RegionId=cn-hangzhou&Name=a%20b", headers, body)
    signed = ";".join(sorted(headers))
    signature = acs3_signature(credential.secret, acs3_string_to_sign(request, signed))
    authorization = (
        f"ACS3-HMAC-SHA256 Credential={credential.access_key_id},"
        f"SignedHeaders={signed},Signature={signature}"
    )
    return replace(request, headers={**headers, "authorization": authorization})


def verify_acs3(request: HttpRequest, *known: Credential, now: datetime = NOW) -> Caller:
    return Verifier(known or (KEY,)).verify_acs3(request, now)


def test_the_documented_rpc_vector_is_reproduced() -> None:
    parameters = {
        "Timestamp": "2016-02-23T12:46:24Z",
        "Format": "XML",
        "AccessKeyId": "testid",
        "Action": "DescribeRegions",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
        "Version": "2014-05-26",
        "SignatureVersion": "1.0",
    }

    string_to_sign = rpc_string_to_sign("GET", parameters)

    assert rpc_signature("testsecret", string_to_sign) == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="


def test_the_documented_acs3_vector_is_reproduced() -> None:
    image = "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"
    request = HttpRequest(
        "POST",
        f"/?ImageId={image}&RegionId=cn-shanghai",
        {
            "host": "ecs.cn-shanghai.aliyuncs.com",
            "x-acs-action": "RunInstances",
            "x-acs-content-sha256": EMPTY_HASH,
            "x-acs-date": "2023-10-26T10:22:32Z",
            "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
            "x-acs-version": "2014-05-26",
        },
    )
    signed = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"

    string_to_sign = acs3_string_to_sign(request, signed)

    expected = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    assert acs3_signature("YourAccessKeySecret", string_to_sign) == expected


@pytest.mark.parametrize("credential", [KEY, LOCAL, STS], ids=["long-term", "local", "STS"])
def test_a_right_rpc_signature_names_the_caller(credential: Credential) -> None:
    token = {} if credential is KEY else {"SecurityToken": "token-1"}

    assert verify_rpc(rpc(credential, **token), credential) == CALLER


@pytest.mark.parametrize("credential", [KEY, LOCAL, STS], ids=["long-term", "local", "STS"])
def test_a_right_acs3_signature_names_the_caller(credential: Credential) -> None:
    token = {} if credential is KEY else {"x_acs_security_token": "token-1"}

    assert verify_acs3(acs3(credential, b"A=1", **token), credential) == CALLER


def test_the_local_key_needs_no_token() -> None:
    assert verify_rpc(rpc(LOCAL), LOCAL) == CALLER


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1).map("P{}".format),
        st.text(st.characters(exclude_categories=["Cs"])),
        max_size=5,
    )
)
def test_whatever_the_parameters_hold_a_right_signature_is_believed(own: dict[str, str]) -> None:
    assert verify_rpc(rpc(KEY, "POST", **own)) == CALLER


def test_the_method_is_signed_too() -> None:
    parameters = rpc(method="GET")

    assert refusal(lambda: verify_rpc(parameters))[1] == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        *(
            pytest.param(
                {name: ""},
                (400, f"Missing{name}", f"{name} is mandatory for this action."),
                id=f"no {name}",
            )
            for name in (
                "AccessKeyId",
                "Signature",
                "SignatureMethod",
                "SignatureVersion",
                "SignatureNonce",
                "Timestamp",
            )
        ),
        pytest.param(
            {"SignatureMethod": "HMAC-MD5"},
            (400, "InvalidSignatureMethod", "Specified signature method is not supported."),
            id="another method",
        ),
        pytest.param(
            {"AccessKeyId": "nobody"},
            (
                404,
                "InvalidAccessKeyId.NotFound",
                "Specified access key is not found. (The emulator knows the key testid.)",
            ),
            id="unknown key",
        ),
        pytest.param(
            {"Timestamp": "2026-11-23 12:00"},
            (
                400,
                "InvalidTimeStamp.Format",
                "Specified time stamp or date value is not well formatted.",
            ),
            id="time malformed",
        ),
    ],
)
def test_an_rpc_request_that_is_not_right_is_refused(
    change: dict[str, str], expected: tuple[int, str, str]
) -> None:
    assert refusal(lambda: verify_rpc({**rpc(), **change})) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        *(
            pytest.param(
                {name: ""},
                (400, f"Missing{name}", f"{name} is mandatory for this action."),
                id=f"no {name}",
            )
            for name in (
                "x-acs-action",
                "x-acs-version",
                "x-acs-date",
                "x-acs-signature-nonce",
                "x-acs-content-sha256",
            )
        ),
        pytest.param(
            {"authorization": "ACS3-HMAC-SHA256 Credential=testid"},
            (
                400,
                "IncompleteSignature",
                "The request signature does not conform to Aliyun standards.",
            ),
            id="no signature",
        ),
    ],
)
def test_an_acs3_request_that_is_not_right_is_refused(
    change: dict[str, str], expected: tuple[int, str, str]
) -> None:
    request = acs3()
    changed = replace(request, headers={**request.headers, **change})

    assert refusal(lambda: verify_acs3(changed)) == expected


def test_a_wrong_secret_is_told_the_string_to_sign_after_a_colon() -> None:
    parameters = rpc(replace(KEY, secret="wrong"))

    status, code, message = refusal(lambda: verify_rpc(parameters))

    assert (status, code) == (400, "SignatureDoesNotMatch")
    assert message.partition(":")[2] == rpc_string_to_sign("POST", parameters)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"body": b"A=2"}, id="body"),
        pytest.param({"target": "/?RegionId=cn-shanghai"}, id="query"),
        pytest.param({"method": "GET"}, id="method"),
    ],
)
def test_an_acs3_request_that_was_changed_does_not_match(change: dict[str, str]) -> None:
    changed = replace(acs3(body=b"A=1"), **change)  # type: ignore[arg-type]  # one field each

    assert refusal(lambda: verify_acs3(changed))[1] == "SignatureDoesNotMatch"


@pytest.mark.parametrize("offset", [-TOLERANCE, timedelta(0), TOLERANCE], ids=str)
def test_a_time_within_fifteen_minutes_is_accepted(offset: timedelta) -> None:
    assert verify_rpc(rpc(), now=NOW + offset) == CALLER


def test_fractions_of_a_second_are_dropped() -> None:
    stamp = NOW.strftime("%Y-%m-%dT%H:%M:%S.749Z")

    assert verify_rpc(rpc(Timestamp=stamp)) == CALLER


@pytest.mark.parametrize("fraction", [".", ",749", ".749Z", ".1234567890", ".7x"])
def test_other_fractions_are_malformed(fraction: str) -> None:
    stamp = NOW.strftime(f"%Y-%m-%dT%H:%M:%S{fraction}Z")

    code = refusal(lambda: verify_rpc(rpc(Timestamp=stamp)))[1]

    assert code == "InvalidTimeStamp.Format"


def test_the_old_spelling_of_the_timestamp_is_read() -> None:
    stamp = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    old = {key: value for key, value in rpc(TimeStamp=stamp).items() if key != "Timestamp"}
    signed = rpc_signature(KEY.secret, rpc_string_to_sign("POST", old))

    assert verify_rpc({**old, "Signature": signed}) == CALLER
    neither = {key: value for key, value in old.items() if key != "TimeStamp"}
    assert refusal(lambda: verify_rpc(neither))[1] == "MissingTimestamp"


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_time_beyond_fifteen_minutes_is_refused(sign: int) -> None:
    late = NOW + sign * (TOLERANCE + timedelta(seconds=1))

    expected = (400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
    assert refusal(lambda: verify_rpc(rpc(), now=late)) == expected
    assert refusal(lambda: verify_acs3(acs3(), now=late)) == expected


def test_a_disabled_key_is_refused() -> None:
    disabled = replace(KEY, active=False)

    expected = (400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
    assert refusal(lambda: verify_rpc(rpc(disabled), disabled)) == expected


def test_a_credential_does_not_show_its_secrets() -> None:
    shown = repr(replace(STS, secret="s3cret", security_token="t0ken"))

    assert re.search("s3cret|t0ken", shown) is None


@pytest.mark.parametrize("stamp", ["2026-11-23T12:0:0Z", "\u0662026-11-23T12:00:00Z"])
def test_a_time_is_written_in_full_and_in_ascii(stamp: str) -> None:
    _, code, _ = refusal(lambda: verify_rpc(rpc(Timestamp=stamp)))

    assert code == "InvalidTimeStamp.Format"
