"""Function Compute's invocation API, as signed by hand: paths, signatures, answers."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TextIO

import pytest
from pytest_mock import MockerFixture

from local.ecs.account.model import Status
from local.ecs.clock import MANUAL_START, ManualClock, RealClock
from local.ecs.emulator import Emulator, Options, default_engine
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import Fleet, InstanceSpec
from local.ecs.http.messages import HttpReply, HttpRequest
from local.ecs.server import LocalEcs, Served
from local.fc.deployment import PLAIN, Deployment
from local.fc.endpoint import MAX_ASYNC_BYTES, FcEndpoint, code_checksum
from local.fc.runtime import Outcome
from tests.harness.fc_requests import V2, V3, v2, v3

NOWHERE = Served("http://127.0.0.1:9", RealClock())

Sign = Callable[..., HttpRequest]


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


@pytest.mark.parametrize("request_", [v3, v2], ids=["3.0", "2.0"])
@pytest.mark.parametrize("fails", [True, False])
def test_who_waits_is_told_what_the_invocation_cost(request_: Sign, *, fails: bool) -> None:
    environ = {"CURFEW_MAX_INSTANCES": "none"} if fails else {}
    endpoint = FcEndpoint(replace(PLAIN, environ=environ), memory_mb=lambda: 66.608)
    clock = ManualClock()
    with LocalEcs(Emulator(Options(build=lambda: default_engine(clock)))) as server:
        headers = endpoint.handle(Served(server.url, clock), request_()).headers

    assert re.fullmatch(r"c-[0-9a-f]{8}-[0-9a-f]{20}", headers["X-Fc-Instance-Id"])
    assert {name: value for name, value in headers.items() if name != "X-Fc-Instance-Id"} == {
        "Content-Type": "application/json",
        "X-Fc-Request-Id": headers["X-Fc-Request-Id"],
        "X-Fc-Code-Checksum": code_checksum(),
        "X-Fc-Invocation-Duration": "0",
        "X-Fc-Invocation-Service-Version": "LATEST",
        "X-Fc-Max-Memory-Usage": "66.61",
        **({"X-Fc-Error-Type": "UnhandledInvocationError"} if fails else {}),
    }


def test_all_invocations_are_of_one_instance_and_one_code() -> None:
    endpoint = FcEndpoint(replace(PLAIN, environ={"CURFEW_MAX_INSTANCES": "none"}))

    first, second = (endpoint.handle(NOWHERE, v3()).headers for _ in range(2))

    assert first["X-Fc-Instance-Id"] == second["X-Fc-Instance-Id"]
    assert first["X-Fc-Code-Checksum"] == second["X-Fc-Code-Checksum"]
    assert int(first["X-Fc-Code-Checksum"]) < 2**64
    assert float(first["X-Fc-Max-Memory-Usage"]) > 1


def test_the_end_of_the_log_comes_back_if_it_is_asked_for() -> None:
    endpoint = FcEndpoint(replace(PLAIN, environ={"CURFEW_MAX_INSTANCES": "none"}))

    reply = endpoint.handle(NOWHERE, v3(headers={"x-fc-log-type": "Tail"}))

    log = b64decode(reply.headers["X-Fc-Log-Result"]).decode()
    end, empty, summary = log.splitlines()[-3:]
    assert end == (
        f"FC Invoke End RequestId: {reply.headers['X-Fc-Request-Id']}, "
        "Error: Unhandled function error"
    )
    assert empty == ""
    assert summary.startswith("Duration: ")
    assert "X-Fc-Log-Result" not in endpoint.handle(NOWHERE, v3()).headers


def test_the_log_ends_with_what_the_invocation_cost(mocker: MockerFixture) -> None:
    clock = ManualClock()

    def invoke(_function: str, _event: bytes, log: TextIO, **_: object) -> Outcome:
        clock.advance(timedelta(milliseconds=2.25))
        log.write("x" * 5000 + "\n")
        return Outcome(ok=True, body=b"{}")

    mocker.patch.object(Deployment, "invoke", side_effect=invoke)
    endpoint = FcEndpoint(memory_mb=lambda: 66.608)

    reply = endpoint.handle(
        Served("http://127.0.0.1:9", clock), v3(headers={"x-fc-log-type": "Tail"})
    )

    log = b64decode(reply.headers["X-Fc-Log-Result"])
    assert len(log) == 4096
    assert log.endswith(
        b"xxx\n\nDuration: 2.25 ms, Billed Duration: 3 ms, "
        b"Memory Size: 512 MB, Max Memory Used: 66.61 MB"
    )
    assert reply.headers["X-Fc-Invocation-Duration"] == "3"


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        pytest.param(
            partial(v3, secret="other"), (400, "SignatureDoesNotMatch"), id="3.0-signature"
        ),
        pytest.param(partial(v3, key="other"), (403, "InvalidAccessKeyID"), id="3.0-key"),
        pytest.param(
            partial(HttpRequest, "POST", V3), (400, "IncompleteSignature"), id="3.0-unsigned"
        ),
        pytest.param(partial(v2, secret="other"), (403, "SignatureNotMatch"), id="2.0-signature"),
        pytest.param(partial(v2, key="other"), (403, "InvalidAccessKeyID"), id="2.0-key"),
        pytest.param(partial(HttpRequest, "POST", V2), (403, "AccessDenied"), id="2.0-unsigned"),
        pytest.param(
            partial(v2, headers={"date": "Mon, 23 Nov 2020 10:00:00 GMT"}),
            (403, "RequestTimeTooSkewed"),
            id="2.0-old",
        ),
        pytest.param(
            partial(v2, headers={"date": "yesterday"}),
            (403, "RequestTimeTooSkewed"),
            id="2.0-no-date",
        ),
        pytest.param(
            partial(v3, "/2023-03-30/functions/curfew-paint/invocations"),
            (404, "FunctionNotFound"),
            id="3.0-function",
        ),
        pytest.param(
            partial(v3, "/2023-03-30/functions/describe/invocations"),
            (404, "FunctionNotFound"),
            id="3.0-short-name",
        ),
        pytest.param(
            partial(v3, "/2023-03-30/functions/curfew-set_auto_release/invocations"),
            (404, "FunctionNotFound"),
            id="3.0-name-of-the-module",
        ),
        pytest.param(
            partial(v2, V2.replace("describe", "paint")),
            (404, "FunctionNotFound"),
            id="2.0-function",
        ),
        pytest.param(partial(v3, f"{V3}?qualifier=2"), (404, "VersionNotFound"), id="3.0-version"),
        pytest.param(partial(v3, f"{V3}?qualifier=prod"), (404, "AliasNotFound"), id="3.0-alias"),
        pytest.param(
            partial(v2, V2.replace("services/curfew/", "services/curfew.old/")),
            (404, "AliasNotFound"),
            id="2.0-alias",
        ),
        pytest.param(
            partial(v2, V2.replace("services/curfew/", "services/curfew.2/")),
            (404, "VersionNotFound"),
            id="2.0-version",
        ),
        pytest.param(
            partial(v2, V2.replace("services/curfew/", "services/other/")),
            (404, "ServiceNotFound"),
            id="2.0-service",
        ),
        pytest.param(
            partial(v3, "/2023-03-30/functions"), (400, "PathNotSupported"), id="3.0-path"
        ),
        pytest.param(partial(v2, "/2016-08-15/services"), (400, "PathNotSupported"), id="2.0-path"),
        pytest.param(
            partial(v3, headers={"x-fc-invocation-type": "Later"}),
            (400, "InvalidArgument"),
            id="type",
        ),
        pytest.param(
            partial(v3, headers={"x-fc-invocation-type": "Async", "x-fc-async-task-id": "1 2"}),
            (400, "InvalidArgument"),
            id="task-id",
        ),
        pytest.param(
            partial(
                v3, headers={"x-fc-invocation-type": "Async"}, event=b" " * (MAX_ASYNC_BYTES + 1)
            ),
            (400, "EntityTooLarge"),
            id="too-large",
        ),
    ],
)
def test_what_is_invalid_is_refused(request_: Sign, error: tuple[int, str]) -> None:
    assert error_of(FcEndpoint().handle(NOWHERE, request_())) == error


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        pytest.param(
            partial(v3, "/2023-03-30/functions/stop/invocations"), "function 'stop' does not exist."
        ),
        pytest.param(
            partial(v2, V2.replace("describe", "paint")),
            "function 'paint' does not exist in service 'curfew'",
        ),
        pytest.param(
            partial(v2, V2.replace("curfew/", "other/")), "service 'other' does not exist"
        ),
        pytest.param(
            partial(v3, f"{V3}?qualifier=prod"),
            "alias 'prod' of function 'curfew-describe' does not exist",
        ),
        pytest.param(
            partial(v2, V2.replace("curfew/", "curfew.2/")),
            "version '2' of service 'curfew' does not exist",
        ),
        pytest.param(partial(v3, key="other"), "invalid access key ID 'other'"),
        pytest.param(
            partial(v3, "/2023-03-30/functions"),
            "'/2023-03-30/functions' against 'POST' is not supported",
        ),
        pytest.param(
            partial(
                v3, headers={"x-fc-invocation-type": "Async"}, event=b" " * (MAX_ASYNC_BYTES + 1)
            ),
            "payload size exceeds maximum allowed size (131072 bytes)",
        ),
    ],
)
def test_a_refusal_is_in_the_words_of_function_compute(request_: Sign, text: str) -> None:
    body = json.loads(FcEndpoint().handle(NOWHERE, request_()).body)

    assert body.get("Message", body.get("ErrorMessage")) == text


def test_a_function_of_2_0_is_found_by_its_deployed_name_too() -> None:
    endpoint = FcEndpoint(replace(PLAIN, environ={"CURFEW_MAX_INSTANCES": "none"}))

    assert endpoint.handle(NOWHERE, v2(V2.replace("describe", "curfew-describe"))).status == 200


@pytest.mark.parametrize("kind", ["Async", "Sync"])
def test_an_event_of_128_kb_is_not_too_large(kind: str) -> None:
    endpoint = FcEndpoint(replace(PLAIN, environ={"CURFEW_MAX_INSTANCES": "none"}))
    size = MAX_ASYNC_BYTES + (kind == "Sync")

    reply = endpoint.handle(NOWHERE, v3(headers={"x-fc-invocation-type": kind}, event=b" " * size))

    assert reply.status == {"Async": 202, "Sync": 200}[kind]


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
    assert {name.lower(): value for name, value in first.headers.items()}[header] == "pipeline-4711"
    assert error_of(second) == (409, "AsyncTaskAlreadyExists")


@pytest.mark.parametrize(
    ("request_", "header"),
    [(v3, "X-Fc-Async-Task-Id"), (v2, "X-Fc-Stateful-Async-Invocation-Id")],
    ids=["3.0", "2.0"],
)
def test_a_task_without_an_id_gets_that_of_its_request(request_: Sign, header: str) -> None:
    endpoint = FcEndpoint(replace(PLAIN, environ={"CURFEW_MAX_INSTANCES": "none"}))
    headers = {"x-fc-invocation-type": "Async"}

    replies = [endpoint.handle(NOWHERE, request_(headers=headers)) for _ in range(2)]

    assert [each.status for each in replies] == [202, 202]
    assert [each.headers[header] for each in replies] == [
        each.headers["X-Fc-Request-Id"] for each in replies
    ]


def test_an_old_signature_of_3_0_is_refused() -> None:
    old = f"{datetime.now(timezone.utc) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"

    reply = FcEndpoint().handle(NOWHERE, v3(headers={"x-acs-date": old}))

    assert error_of(reply) == (400, "InvalidTimeStamp.Expired")


def test_a_log_that_is_shown_here_obeys_nobody(
    mocker: MockerFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    def invoke(_function: str, _event: bytes, log: TextIO, **_: object) -> Outcome:
        log.write("stopped \x1b]0;evil\x07\u202e\n")
        return Outcome(ok=True, body=b"{}")

    mocker.patch.object(Deployment, "invoke", side_effect=invoke)

    FcEndpoint().handle(NOWHERE, v3())

    assert capsys.readouterr().err == "stopped \\x1b]0;evil\\x07\\u202e\n"
