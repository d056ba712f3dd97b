"""HTTP triggers, played: what the function gets, and what its caller."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from pytest_mock import MockerFixture

from local.ecs.clock import MANUAL_START, ManualClock
from local.ecs.emulator import Emulator, Options
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import Fleet, InstanceSpec
from local.ecs.http.messages import HttpReply, HttpRequest
from local.ecs.server import LocalEcs, Served
from local.fc.deployment import PLAIN, Deployment
from local.fc.endpoint import FcEndpoint
from local.fc.http import http_event, http_reply
from local.fc.runtime import Outcome
from tests.local.fc.asynchronous import join_all

TRIGGER = "/2016-08-15/proxy/curfew/describe"
HEADERS = {"host": "x.fcapp.run", "content-type": "application/json", "user-agent": "curl"}


def event_of(request: HttpRequest, path: str = "/") -> dict[str, Any]:
    text = http_event(request, path, account_id="42", request_id="1-66aa", now=MANUAL_START)
    event: dict[str, Any] = json.loads(text)
    return event


def test_a_request_becomes_the_event_of_3_0() -> None:
    request = HttpRequest("POST", "/a/b?x=1&y=%E5%AE%9E", HEADERS, "实例".encode())

    assert event_of(request, "/b") == {
        "version": "v1",
        "rawPath": "/b",
        "headers": {
            "Host": "x.fcapp.run",
            "Content-Type": "application/json",
            "User-Agent": "curl",
        },
        "queryParameters": {"x": "1", "y": "实"},
        "body": "实例",
        "isBase64Encoded": False,
        "requestContext": {
            "accountId": "42",
            "domainName": "x.fcapp.run",
            "domainPrefix": "x",
            "http": {
                "method": "POST",
                "path": "/b",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "curl",
            },
            "requestId": "1-66aa",
            "time": "2026-11-23T10:00:00Z",
            "timeEpoch": "1795428000000",
        },
    }


def test_a_body_that_is_no_text_comes_in_base64() -> None:
    event = event_of(HttpRequest("POST", "/", HEADERS, b"\xff\x00"))

    assert (event["body"], event["isBase64Encoded"]) == ("/wA=", True)


@pytest.mark.parametrize(
    ("outcome", "reply"),
    [
        pytest.param(
            Outcome(ok=True, body=b'{"statusCode": 409, "headers": {"A": "b"}, "body": "no"}'),
            HttpReply(409, {"X": "y", "A": "b"}, b"no"),
            id="answer",
        ),
        pytest.param(
            Outcome(ok=True, body=b'{"statusCode": 200, "body": "/wA=", "isBase64Encoded": true}'),
            HttpReply(200, {"X": "y"}, b"\xff\x00"),
            id="base64",
        ),
        pytest.param(
            Outcome(ok=True, body=b'{"outcome": "complete"}'),
            HttpReply(200, {"X": "y"}, b'{"outcome": "complete"}'),
            id="no answer's form",
        ),
        pytest.param(
            Outcome(ok=True, body=b'{"statusCode": 1}'),
            HttpReply(200, {"X": "y"}, b'{"statusCode": 1}'),
            id="no status",
        ),
        pytest.param(
            Outcome(ok=False, body=b'{"errorType": "E"}', error_type="E"),
            HttpReply(502, {"X": "y"}, b'{"errorType": "E"}'),
            id="failure",
        ),
    ],
)
def test_an_answer_becomes_the_reply(outcome: Outcome, reply: HttpReply) -> None:
    assert http_reply(outcome, {"X": "y"}) == reply


def test_a_function_is_called_by_its_trigger_without_a_signature() -> None:
    clock = ManualClock()
    endpoint = FcEndpoint()
    fleet = Fleet((InstanceSpec("prod-1"), InstanceSpec("dev-1")))
    with LocalEcs(Emulator(Options(build=lambda: Ecs(fleet, clock)))) as server:
        request = HttpRequest("POST", f"{TRIGGER}/", HEADERS, b'{"name": "prod-*"}')
        reply = endpoint.handle(Served(server.url, clock), request)

    assert (reply.status, reply.headers["Content-Type"][:16]) == (200, "application/json")
    assert [one["name"] for one in json.loads(reply.body)["instances"]] == ["prod-1"]
    assert reply.headers["X-Fc-Instance-Id"]


def test_an_error_of_the_request_is_the_reply_of_who_waits() -> None:
    request = HttpRequest("POST", TRIGGER, HEADERS, b'{"nmae": "prod-*"}')

    reply = FcEndpoint().handle(Served("http://127.0.0.1:9", ManualClock()), request)

    assert reply.status == 400
    assert json.loads(reply.body)["errorType"] == "InvalidEvent"


@pytest.mark.parametrize(
    ("target", "code"),
    [
        (TRIGGER.replace("curfew/", "other/"), "ServiceNotFound"),
        (TRIGGER.replace("describe", "paint"), "FunctionNotFound"),
        (TRIGGER.replace("curfew/", "curfew.prod/"), "AliasNotFound"),
        ("/2016-08-15/proxy/curfew", "PathNotSupported"),
    ],
)
def test_a_trigger_that_is_not_there_is_told(target: str, code: str) -> None:
    ecs = Served("http://127.0.0.1:9", ManualClock())

    reply = FcEndpoint().handle(ecs, HttpRequest("GET", target, HEADERS))

    assert json.loads(reply.body)["ErrorCode"] == code


@pytest.mark.parametrize(
    ("target", "disposition"),
    [
        ("/2016-08-15/proxy/curfew/extend_lease/?lease=x", "attachment"),
        ("/domain/curfew-extend-lease?lease=x", None),
    ],
)
def test_browsers_download_what_comes_from_fcs_own_address(
    target: str, disposition: str | None
) -> None:
    reply = FcEndpoint().handle(
        Served("http://127.0.0.1:9", ManualClock()), HttpRequest("GET", target, HEADERS)
    )

    assert reply.status == 403
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert reply.headers.get("Content-Disposition") == disposition


def test_a_trigger_can_be_invoked_asynchronously(mocker: MockerFixture) -> None:
    invoke = mocker.patch.object(
        Deployment, "invoke", return_value=Outcome(ok=True, body=b'{"statusCode": 409}')
    )
    headers = {**HEADERS, "x-fc-invocation-type": "Async", "x-fc-async-task-id": "night-4711"}
    endpoint = FcEndpoint(replace(PLAIN, account_id="42"))

    reply = endpoint.handle(
        Served("http://127.0.0.1:9", ManualClock()), HttpRequest("POST", f"{TRIGGER}/x", headers)
    )
    join_all()

    event = json.loads(invoke.call_args.args[1])
    assert (reply.status, reply.body) == (202, b"")
    assert reply.headers["X-Fc-Async-Task-Id"] == "night-4711"
    assert event["headers"]["X-Fc-Invocation-Type"] == "Async"
    assert event["rawPath"] == "/x"
    assert event["requestContext"]["requestId"] == reply.headers["X-Fc-Request-Id"]
    assert event["requestContext"]["accountId"] == "42"
