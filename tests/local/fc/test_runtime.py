"""Function Compute played locally: loading by name, contexts, answers, errors, timeout, logs."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timezone
from decimal import Decimal
from queue import SimpleQueue
from threading import Event
from types import SimpleNamespace

import pytest

from local.fc.context import CODE, Context, Context310, Context312, Runtime, context, environment
from local.fc.runtime import Outcome, invoke
from shared.settings.settings import Credentials, read_credentials, timeout_of
from tests.harness.invocation import RUNTIMES

CREDENTIALS = Credentials("STS.key", "very-secret", "very-token")


def make_context(runtime: Runtime = "3.10", timeout_s: float = 60) -> Context:
    return context(
        runtime,
        request_id="1-66aa",
        function_name="curfew-stop",
        region="cn-hangzhou",
        account_id="1234567890123456",
        credentials=CREDENTIALS,
        timeout_s=timeout_s,
        handler="functions.stop.handler",
        memory_mb=256,
    )


def test_the_context_of_310_has_credentials_and_a_timeout_of_text() -> None:
    made = make_context("3.10", timeout_s=120)

    assert isinstance(made, Context310)
    assert made.credentials == CREDENTIALS
    assert (made.function.timeout, made.function.memory) == ("120", 256)
    assert (made.service.qualifier, made.retry_count, made.logger) == ("LATEST", None, None)


def test_the_context_of_312_has_neither_credentials_nor_service() -> None:
    made = make_context("3.12", timeout_s=120)

    assert isinstance(made, Context312)
    assert not hasattr(made, "credentials")
    assert not hasattr(made, "service")
    assert made.function.timeout == 120


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_function_gets_its_credentials_and_timeout_in_both_runtimes(runtime: Runtime) -> None:
    made = make_context(runtime, timeout_s=90)

    assert read_credentials(made, environment(made, CREDENTIALS)) == CREDENTIALS
    assert timeout_of(made).total_seconds() == 90


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_context_never_shows_a_secret(runtime: Runtime) -> None:
    shown = repr(make_context(runtime)) + str(make_context(runtime))

    assert "very-" not in shown
    assert "curfew-stop" in shown


def test_the_environment_is_what_fc_sets() -> None:
    assert environment(make_context(), CREDENTIALS) == {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.key",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "very-secret",
        "ALIBABA_CLOUD_SECURITY_TOKEN": "very-token",
        "FC_ACCOUNT_ID": "1234567890123456",
        "FC_FUNCTION_HANDLER": "functions.stop.handler",
        "FC_FUNCTION_MEMORY_SIZE": "256",
        "FC_FUNCTION_NAME": "curfew-stop",
        "FC_FUNC_CODE_PATH": str(CODE),
        "FC_REGION": "cn-hangzhou",
    }


def test_a_handler_gets_the_bytes_and_the_context() -> None:
    made = make_context()
    got: list[object] = []

    invoke(lambda event, context: got.extend((event, context)), b"\xff", made, io.StringIO())

    assert got == [b"\xff", made]


@pytest.mark.parametrize(
    ("result", "body"),
    [
        pytest.param("done, 完", "done, 完".encode(), id="text"),
        pytest.param(b"\xff", b"\xff", id="bytes"),
        pytest.param(None, b"null", id="nothing"),
        pytest.param(
            {"b": 1, "a": ["完"]}, b'{\n    "a": [\n        "\\u5b8c"\n    ],\n    "b": 1\n}'
        ),
        pytest.param(Decimal("1.5"), b"1.5", id="decimal"),
        pytest.param(
            datetime(2026, 11, 20, tzinfo=timezone.utc), b'"2026-11-20T00:00:00+00:00"', id="time"
        ),
        pytest.param([date(2026, 11, 20)], b'[\n    "2026-11-20"\n]', id="day"),
        pytest.param(SimpleNamespace(to_json=lambda: [1]), b"[\n    1\n]", id="to-json"),
    ],
)
def test_a_result_goes_out_as_fc_writes_it(result: object, body: bytes) -> None:
    assert invoke(lambda _event, _context: result, b"", make_context(), io.StringIO()) == Outcome(
        ok=True, body=body
    )


def test_an_exception_becomes_fcs_error_body() -> None:
    def handler(_event: bytes, _context: object) -> None:
        raise ValueError("no such 实例")

    outcome = invoke(handler, b"", make_context(), io.StringIO())

    line = handler.__code__.co_firstlineno
    assert (outcome.ok, outcome.error_type) == (False, "ValueError")
    assert json.loads(outcome.body) == {
        "errorMessage": "no such 实例",
        "errorType": "ValueError",
        "stackTrace": [
            [
                f'File "{__file__}"',
                f"line {line + 1}",
                "in handler",
                'raise ValueError("no such 实例")',
            ]
        ],
    }


@pytest.mark.parametrize(
    ("result", "error_type"),
    [
        pytest.param({1, 2}, "TypeError", id="a-set-is-no-json"),
        pytest.param("\ud800", "UnicodeEncodeError", id="half-a-surrogate-pair"),
    ],
)
def test_a_result_that_cannot_be_written_is_an_error(result: object, error_type: str) -> None:
    outcome = invoke(lambda _event, _context: result, b"", make_context(), io.StringIO())

    assert (outcome.ok, outcome.error_type) == (False, error_type)


def test_an_exit_is_the_end_of_the_process() -> None:
    outcome = invoke(lambda _event, _context: sys.exit(0), b"", make_context(), io.StringIO())

    assert (outcome.ok, outcome.error_type) == (False, "UnhandledInvocationError")
    assert json.loads(outcome.body) == {
        "errorMessage": "Process exited unexpectedly before completing request"
    }


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes, object], None]]:
    """A handler that waits until the test is over; time is not up before it does."""
    over, begun = Event(), Event()

    def hang(_event: bytes, _context: object) -> None:
        begun.set()
        over.wait(30)

    class Patient(SimpleQueue[object]):
        def get(self, block: bool = True, timeout: float | None = None) -> object:  # noqa: FBT001, FBT002  # as its base
            begun.wait(30)
            return super().get(block, timeout)

    monkeypatch.setattr("local.fc.runtime.queue.SimpleQueue", Patient)
    yield hang
    over.set()


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_timeout_ends_the_call(
    hanging: Callable[[bytes, object], None], runtime: Runtime
) -> None:
    log = io.StringIO()

    outcome = invoke(hanging, b"", make_context(runtime, timeout_s=0.05), log)

    assert (outcome.ok, outcome.error_type) == (False, "UnhandledInvocationError")
    assert json.loads(outcome.body) == {"errorMessage": "Function time out after 0.05 seconds"}
    assert "Dumping stack trace after function timeout" in log.getvalue()
    assert "in hang\n" in log.getvalue()


def test_the_stack_of_a_handler_that_ends_in_that_moment_is_not_logged(
    monkeypatch: pytest.MonkeyPatch, hanging: Callable[[bytes, object], None]
) -> None:
    monkeypatch.setattr(sys, "_current_frames", dict)
    log = io.StringIO()

    invoke(hanging, b"", make_context(timeout_s=0.01), log)

    assert "in hang" not in log.getvalue()


def test_log_lines_are_in_fcs_form_and_bear_the_request_id() -> None:
    log = io.StringIO()

    def handler(_event: bytes, _context: object) -> str:
        logging.getLogger("curfew").info("stopped %d", 3)
        logging.getLogger("curfew").debug("not shown")
        return ""

    invoke(handler, b"", make_context(), log)

    start, line, end = log.getvalue().splitlines()
    assert start == "FC Invoke Start RequestId: 1-66aa"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z 1-66aa \[INFO\] stopped 3", line)
    assert end == "FC Invoke End RequestId: 1-66aa"


@pytest.fixture
def _shanghai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine that stands in Shanghai."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_shanghai")
def test_log_times_are_utc() -> None:
    log = io.StringIO()
    record = logging.makeLogRecord({"name": "curfew", "msg": "then", "created": 1_795_176_000.25})
    record.levelno, record.levelname, record.msecs = logging.INFO, "INFO", 250

    invoke(lambda _event, _context: logging.getLogger().handle(record), b"", make_context(), log)

    assert "2026-11-20T12:00:00.250Z 1-66aa [INFO] then\n" in log.getvalue()


def test_a_failure_is_logged_and_named_at_the_end() -> None:
    log = io.StringIO()

    invoke(lambda _event, _context: 1 / 0, b"", make_context(), log)

    assert "1-66aa [ERROR] {\n" in log.getvalue()
    assert "ZeroDivisionError" in log.getvalue()
    assert log.getvalue().endswith(
        "FC Invoke End RequestId: 1-66aa, Error: Unhandled function error\n"
    )


def test_the_log_is_standard_error_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    invoke(lambda _event, _context: "", b"", make_context())

    assert capsys.readouterr().err.startswith("FC Invoke Start RequestId: 1-66aa\n")


@pytest.mark.parametrize("handler", [lambda *_: "", lambda *_: 1 / 0], ids=["good", "bad"])
def test_the_root_logger_is_as_before_after_a_call(
    monkeypatch: pytest.MonkeyPatch, handler: Callable[[bytes, object], object]
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "level", logging.WARNING)
    before = (root.level, root.handlers.copy())

    invoke(handler, b"", make_context(), io.StringIO())

    assert (root.level, root.handlers) == before
