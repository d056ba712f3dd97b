"""ECS's wire, from bytes to bytes."""

import itertools
import json
from dataclasses import replace
from datetime import datetime, timezone
from hashlib import sha256
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.ecs.clock import ManualClock
from local.ecs.emulator import default_engine, local_credential
from local.ecs.gateway.faults import BrokenBody, Cut, Delay, ProxyPage, SlowBody
from local.ecs.gateway.gateway import Gateway
from local.ecs.http.endpoint import Wire
from local.ecs.http.messages import FORM, HttpReply, HttpRequest
from local.ecs.http.signatures import (
    Credential,
    acs3_signature,
    acs3_string_to_sign,
    rpc_signature,
    rpc_string_to_sign,
)
from local.ecs.ram.caller import Caller

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
STAMP = "2026-11-23T12:00:00Z"
NONCES = itertools.count()


@pytest.fixture
def wire() -> Wire:
    gateway = Gateway(default_engine(ManualClock()))
    return Wire(gateway, [local_credential()], lambda: NOW)


def signed(method: str = "POST", **parameters: str) -> dict[str, str]:
    """All parameters of an RPC request; an empty one is left out."""
    common = {
        "Action": "DescribeRegions",
        "Version": "2014-05-26",
        "Format": "JSON",
        "RegionId": "cn-hangzhou",
        "AccessKeyId": "local",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureType": "",
        "SignatureVersion": "1.0",
        "SignatureNonce": f"nonce-{next(NONCES)}",
        "Timestamp": STAMP,
    }
    given = {name: value for name, value in (common | parameters).items() if value} | {
        "SignatureType": ""
    }
    return given | {"Signature": rpc_signature("local", rpc_string_to_sign(method, given))}


def rpc(method: str = "POST", **parameters: str) -> HttpRequest:
    return HttpRequest(method, f"/?{urlencode(signed(method, **parameters))}")


def acs3(**headers: str) -> HttpRequest:
    """A request for one page of instances, signed in headers."""
    unsigned = {
        "host": "127.0.0.1",
        "x-acs-action": "DescribeInstances",
        "x-acs-version": "2014-05-26",
        "x-acs-date": STAMP,
        "x-acs-signature-nonce": f"nonce-{next(NONCES)}",
        "x-acs-content-sha256": sha256(b"").hexdigest(),
    } | headers
    request = HttpRequest("POST", "/?RegionId=cn-hangzhou&MaxResults=10", unsigned)
    names = ";".join(sorted(unsigned))
    signature = acs3_signature("local", acs3_string_to_sign(request, names))
    authorization = f"ACS3-HMAC-SHA256 Credential=local,SignedHeaders={names},Signature={signature}"
    return replace(request, headers={**unsigned, "authorization": authorization})


def code(reply: HttpReply) -> tuple[int, str]:
    return reply.status, json.loads(reply.body).get("Code", "")


def test_a_request_in_the_query_is_answered(wire: Wire) -> None:
    reply = wire.handle(rpc())

    body = json.loads(reply.body)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json;charset=utf-8")
    assert reply.headers["x-acs-request-id"] == body["RequestId"]
    assert "cn-hangzhou" in {each["RegionId"] for each in body["Regions"]["Region"]}


def test_get_is_answered_too(wire: Wire) -> None:
    assert wire.handle(rpc("GET")).status == 200


def test_parameters_may_be_in_the_form(wire: Wire) -> None:
    form = urlencode(signed(Action="DescribeInstances", MaxResults="11")).encode()
    headers = {"content-type": f"{FORM}; charset=utf-8"}

    reply = wire.handle(HttpRequest("POST", "/", headers, form))

    assert len(json.loads(reply.body)["Instances"]["Instance"]) == 11


def test_parameters_may_be_in_query_and_form_at_once(wire: Wire) -> None:
    parameters = signed(Action="DescribeInstances", MaxResults="11")
    form = urlencode({"MaxResults": parameters.pop("MaxResults")}).encode()

    reply = wire.handle(
        HttpRequest("POST", f"/?{urlencode(parameters)}", {"content-type": FORM}, form)
    )

    assert len(json.loads(reply.body)["Instances"]["Instance"]) == 11


def test_a_body_that_is_no_form_is_not_read_as_one(wire: Wire) -> None:
    request = replace(rpc(), body=b"Action=DeleteInstance", headers={"content-type": "text/plain"})

    assert wire.handle(request).status == 200
    assert wire.gateway.log.actions() == ("DescribeRegions",)


def test_a_hundred_ids_and_a_token_make_a_long_request_line(wire: Wire) -> None:
    ids = {f"InstanceId.{n + 1}": f"i-bp1{n:017d}" for n in range(100)}
    request = rpc(Action="DescribeInstanceStatus", SecurityToken="t" * 900, **ids)

    assert len(request.target) > 4096
    assert wire.handle(request).status == 200


@pytest.mark.parametrize("form", ["XML", "xml", "None", "", "YAML"])
def test_anything_but_json_is_xml(wire: Wire, form: str) -> None:
    good = wire.handle(rpc(Format=form))
    bad = wire.handle(rpc(Format=form, Action="StopInstance", InstanceId="i-unknown"))

    assert good.headers["Content-Type"] == bad.headers["Content-Type"] == "text/xml;charset=utf-8"
    assert b"<DescribeRegionsResponse>" in good.body
    assert b"<Error><RequestId>" in bad.body
    assert b"<Code>InvalidInstanceId.NotFound</Code>" in bad.body


def test_a_request_signed_in_headers_is_answered_in_json(wire: Wire) -> None:
    reply = wire.handle(acs3(accept="application/json"))

    assert len(json.loads(reply.body)["Instances"]["Instance"]) == 10
    assert wire.gateway.log.actions() == ("DescribeInstances",)


def test_a_request_signed_in_headers_may_ask_for_xml(wire: Wire) -> None:
    reply = wire.handle(acs3(accept="application/xml"))

    assert b"<DescribeInstancesResponse>" in reply.body


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        pytest.param(rpc("PUT"), (403, "UnsupportedHTTPMethod"), id="method"),
        pytest.param(
            replace(rpc(), target="/v1" + rpc().target), (404, "InvalidAction.NotFound"), id="path"
        ),
        pytest.param(rpc(Action=""), (400, "MissingAction"), id="no action"),
        pytest.param(rpc(Version=""), (400, "MissingVersion"), id="no version"),
        pytest.param(rpc(Version="2016-03-14"), (400, "InvalidVersion"), id="version"),
        pytest.param(rpc(Action="CreateMoon"), (404, "InvalidAction.NotFound"), id="action"),
        pytest.param(rpc(AccessKeyId="nobody"), (404, "InvalidAccessKeyId.NotFound"), id="key"),
        pytest.param(
            rpc(Action="DescribeInstances", RegionId="mars-1"),
            (404, "InvalidRegionId.NotFound"),
            id="region",
        ),
        pytest.param(
            rpc(Timestamp="2026-11-23T12:16:00Z"), (400, "InvalidTimeStamp.Expired"), id="time"
        ),
        pytest.param(
            acs3(**{"x-acs-version": "2016-03-14"}), (400, "InvalidVersion"), id="ACS3 version"
        ),
        pytest.param(
            replace(acs3(), target="/?RegionId=x"), (400, "SignatureDoesNotMatch"), id="ACS3 query"
        ),
    ],
)
def test_what_is_not_right_is_refused_in_the_words_of_ecs(
    wire: Wire, request_: HttpRequest, expected: tuple[int, str]
) -> None:
    assert code(wire.handle(request_)) == expected


def test_only_an_operations_own_parameters_are_logged(wire: Wire) -> None:
    wire.handle(rpc(SecurityToken="token", InstanceChargeType="PostPaid"))

    assert wire.gateway.log.entries()[0].parameters == {
        "RegionId": "cn-hangzhou",
        "InstanceChargeType": "PostPaid",
    }


def test_a_request_that_is_not_believed_changes_nothing_and_is_logged(wire: Wire) -> None:
    instance_id = wire.gateway.engine.instances()[0].instance_id
    forged = rpc(Action="DeleteInstance", InstanceId=instance_id, Force="true")
    forged = replace(forged, target=forged.target.replace("Signature=", "Signature=x"))

    status, error = code(wire.handle(forged))

    assert (status, error) == (400, "SignatureDoesNotMatch")
    entry = wire.gateway.log.touched(instance_id)[0]
    assert (entry.account_id, entry.code) == ("", "SignatureDoesNotMatch")
    assert wire.gateway.engine.instance(instance_id)


def test_other_keys_can_take_the_place_of_the_local_one(wire: Wire) -> None:
    wire.use([Credential("other", "secret", Caller())])

    assert code(wire.handle(rpc())) == (404, "InvalidAccessKeyId.NotFound")


def test_a_broken_body_ends_half_way(wire: Wire) -> None:
    whole = wire.handle(rpc())
    wire.gateway.faults.add(BrokenBody())

    broken = wire.handle(rpc())

    assert broken.status == 200
    assert len(broken.body) == len(whole.body) // 2
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken.body)


def test_a_proxy_answers_in_html(wire: Wire) -> None:
    wire.gateway.faults.add(ProxyPage(status=504))

    reply = wire.handle(rpc())

    assert (reply.status, reply.headers["Content-Type"]) == (504, "text/html")
    assert reply.body.startswith(b"<html>")


def test_what_concerns_the_delivery_is_passed_on(wire: Wire) -> None:
    for fault in (Delay(seconds=1), SlowBody(seconds=2), Cut(after_write=True)):
        wire.gateway.faults.add(fault)

    reply = wire.handle(rpc())

    assert (reply.delay_s, reply.pause_s, reply.cut) == (1, 2, True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", ""]),
    target=st.text(max_size=60),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "authorization", "x-acs-action", "accept", "host"]),
        st.one_of(st.text(), st.sampled_from([FORM, "ACS3-HMAC-SHA256 Credential=a"])),
    ),
    body=st.binary(max_size=60),
)
def test_whatever_comes_is_answered(
    wire: Wire, method: str, target: str, headers: dict[str, str], body: bytes
) -> None:
    reply = wire.handle(HttpRequest(method, target, headers, body))

    assert 400 <= reply.status < 500


def test_a_version_stands_for_its_product(wire: Wire) -> None:
    vpc = wire.handle(rpc(Action="DescribeVpcs", Version="2016-04-28", RegionId="cn-hangzhou"))
    sts = wire.handle(rpc(Action="GetCallerIdentity", Version="2015-04-01"))
    refused = [
        json.loads(wire.handle(rpc(Action=action, Version=version, RegionId=region)).body)
        for action, version, region in (
            ("StopInstance", "2016-04-28", "cn-hangzhou"),
            ("DescribeVpcs", "2015-04-01", ""),
            ("GetCallerIdentity", "2014-05-26", ""),
        )
    ]

    assert (vpc.status, sts.status) == (200, 200)
    assert {each["Code"] for each in refused} == {"InvalidAction.NotFound"}
    assert [each["HostId"] for each in refused] == [
        "vpc.cn-hangzhou.aliyuncs.com",
        "sts.aliyuncs.com",
        "ecs.aliyuncs.com",
    ]
    assert "product=Vpc" in refused[0]["Recommend"]
