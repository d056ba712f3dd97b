"""Function Compute's invocation API, as signed by hand: paths, signatures, answers."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from hashlib import sha256

import pytest

from local.deployment import PLAIN
from local.ecs.clock import MANUAL_START, ManualClock, RealClock
from local.ecs.emulator import Emulator, Options
from local.ecs.engine import Ecs
from local.ecs.fleet import Fleet, InstanceSpec
from local.ecs.messages import HttpReply, HttpRequest
from local.ecs.model import Status
from local.ecs.server import LocalEcs, Served
from local.ecs.signatures import acs3_signature, acs3_string_to_sign
from local.fc_endpoint import FcEndpoint, v2_signature

KEY = "local"
V3 = "/2023-03-30/functions/curfew-describe/invocations"
V2 = "/2016-08-15/services/curfew/functions/describe/invocations"
EVENT = b'{"name": "prod-*"}'
NOWHERE = Served("http://127.0.0.1:9", RealClock())

Sign = Callable[..., HttpRequest]


def v3(
    path: str = V3,
    *,
    secret: str = KEY,
    headers: Mapping[str, str] | None = None,
    event: bytes = EVENT,
) -> HttpRequest:
    """A request signed as FC 3.0's SDK does."""
    stated = {
        "host": "127.0.0.1",
        "x-acs-action": "InvokeFunction",
        "x-acs-version": "2023-03-30",
        "x-acs-date": f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": str(datetime.now(timezone.utc).timestamp()),
        "x-acs-content-sha256": sha256(event).hexdigest(),
        **(headers or {}),
    }
    names = ";".join(sorted(stated))
    request = HttpRequest("POST", path, stated, event)
    signature = acs3_signature(secret, acs3_string_to_sign(request, names))
    authorization = f"ACS3-HMAC-SHA256 Credential=local,SignedHeaders={names},Signature={signature}"
    return replace(request, headers={**stated, "authorization": authorization})


def v2(
    path: str = V2,
    *,
    key: str = KEY,
    secret: str = KEY,
    headers: Mapping[str, str] | None = None,
) -> HttpRequest:
    """A request signed as aliyun-fc2 does."""
    stated = {
        "content-type": "application/json",
        "date": format_datetime(datetime.now(timezone.utc), usegmt=True),
        **(headers or {}),
    }
    request = HttpRequest("POST", path, stated, EVENT)
    authorization = f"FC {key}:{v2_signature(secret, request)}"
    return replace(request, headers={**stated, "authorization": authorization})


def error_of(reply: HttpReply) -> tuple[int, str]:
    body = json.loads(reply.body)
    assert body["RequestId"] == reply.headers["X-Fc-Request-Id"]
    return reply.status, body.get("Code") or body["ErrorCode"]


@pytest.mark.parametrize("request_", [v3, v2], ids=["3.0", "2.0"])
def test_a_function_is_called_and_answers_with_its_report(request_: Sign) -> None:
    endpoint = FcEndpoint()
    with LocalEcs(neighbour=endpoint.neighbour()) as server:
        reply = endpoint.handle(Served(server.url, server.engine.clock), request_())

    report = json.loads(reply.body)
    assert (reply.status, report["action"], report["outcome"]) == (200, "describe", "complete")
    assert report["request_id"] == reply.headers["X-Fc-Request-Id"]
    assert {one["name"].partition("-")[0] for one in report["instances"]} == {"prod"}


def test_a_function_lives_on_the_clock_of_the_ecs_beside_it() -> None:
    clock = ManualClock()
    fleet = Fleet((InstanceSpec("web"),))
    endpoint = FcEndpoint()
    with LocalEcs(Emulator(Options(build=lambda: Ecs(fleet, clock)))) as server:
        path = V3.replace("describe", "set-auto-release")
        event = b'{"name": "web", "release_after": "2h"}'
        endpoint.handle(Served(server.url, clock), v3(path, event=event))
        stopping = v3(V3.replace("describe", "stop"), event=b'{"name": "web"}')
        reply = endpoint.handle(Served(server.url, clock), stopping)
        (web,) = server.engine.instances()

    assert json.loads(reply.body)["counts"]["changed"] == 1
    assert (web.status, web.auto_release_at) == (Status.STOPPED, MANUAL_START + timedelta(hours=2))
    assert clock.now() > MANUAL_START  # the function slept on it while the instance stopped


def test_a_function_that_fails_answers_200_with_a_header_of_its_own() -> None:
    endpoint = FcEndpoint(replace(PLAIN, environ={"CURFEW_MAX_INSTANCES": "none"}))

    reply = endpoint.handle(NOWHERE, v3())

    assert (reply.status, reply.headers["X-Fc-Error-Type"]) == (200, "UnhandledInvocationError")
    assert json.loads(reply.body)["errorType"] == "Refused"


def test_the_end_of_the_log_comes_back_if_it_is_asked_for() -> None:
    endpoint = FcEndpoint(replace(PLAIN, environ={"CURFEW_MAX_INSTANCES": "none"}))

    reply = endpoint.handle(NOWHERE, v3(headers={"x-fc-log-type": "Tail"}))

    log = b64decode(reply.headers["X-Fc-Log-Result"]).decode()
    assert f"FC Invoke End RequestId: {reply.headers['X-Fc-Request-Id']}" in log


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        pytest.param(v3(secret="other"), (400, "SignatureDoesNotMatch"), id="3.0-signature"),
        pytest.param(HttpRequest("POST", V3), (400, "IncompleteSignature"), id="3.0-unsigned"),
        pytest.param(v2(secret="other"), (403, "SignatureNotMatch"), id="2.0-signature"),
        pytest.param(v2(key="other"), (403, "AccessDenied"), id="2.0-key"),
        pytest.param(HttpRequest("POST", V2), (403, "AccessDenied"), id="2.0-unsigned"),
        pytest.param(
            v2(headers={"date": "Mon, 23 Nov 2020 10:00:00 GMT"}),
            (403, "RequestTimeTooSkewed"),
            id="2.0-old",
        ),
        pytest.param(
            v2(headers={"date": "yesterday"}), (403, "RequestTimeTooSkewed"), id="2.0-no-date"
        ),
        pytest.param(
            v3("/2023-03-30/functions/curfew-paint/invocations"),
            (404, "FunctionNotFound"),
            id="3.0-function",
        ),
        pytest.param(v3(f"{V3}?qualifier=2"), (404, "FunctionNotFound"), id="3.0-qualifier"),
        pytest.param(
            v2(V2.replace("services/curfew/", "services/curfew.old/")),
            (404, "FunctionNotFound"),
            id="2.0-qualifier",
        ),
        pytest.param(v3("/2023-03-30/functions"), (404, "PathNotSupported"), id="3.0-path"),
        pytest.param(
            v3(headers={"x-fc-invocation-type": "Later"}), (400, "InvalidArgument"), id="type"
        ),
        pytest.param(
            v3(headers={"x-fc-invocation-type": "Async", "x-fc-async-task-id": "1 2"}),
            (400, "InvalidArgument"),
            id="task-id",
        ),
    ],
)
def test_what_is_not_right_is_refused(request_: HttpRequest, error: tuple[int, str]) -> None:
    assert error_of(FcEndpoint().handle(NOWHERE, request_)) == error


@pytest.mark.parametrize("change", ["body", "header", "path"])
def test_what_was_changed_on_its_way_does_not_match_its_signature(change: str) -> None:
    signed = v3(headers={"x-fc-invocation-type": "Sync"})
    changed = {
        "body": replace(signed, body=b"{}"),
        "header": replace(signed, headers={**signed.headers, "x-fc-invocation-type": "Async"}),
        "path": replace(signed, target=V3.replace("describe", "release")),
    }[change]

    assert error_of(FcEndpoint().handle(NOWHERE, changed)) == (400, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("request_", "header"),
    [
        pytest.param(v3, "x-fc-async-task-id", id="3.0"),
        pytest.param(v2, "x-fc-stateful-async-invocation-id", id="2.0"),
    ],
)
def test_a_task_is_accepted_once(request_: Sign, header: str) -> None:
    endpoint = FcEndpoint(replace(PLAIN, environ={"CURFEW_MAX_INSTANCES": "none"}))
    headers = {"x-fc-invocation-type": "Async", header: "pipeline-4711", "x-fc-log-type": "Tail"}

    first = endpoint.handle(NOWHERE, request_(headers=headers))
    second = endpoint.handle(NOWHERE, request_(headers=headers))

    assert (first.status, first.body) == (202, b"")
    assert error_of(second) == (409, "AsyncTaskAlreadyExists")


def test_an_old_signature_of_3_0_is_refused() -> None:
    old = f"{datetime.now(timezone.utc) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"

    reply = FcEndpoint().handle(NOWHERE, v3(headers={"x-acs-date": old}))

    assert error_of(reply) == (400, "InvalidTimeStamp.Expired")
