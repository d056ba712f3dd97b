"""The request log and its queries."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import pytest

from local.ecs.gateway.request_log import Effect, Entry, RequestLog, is_mutating

AT = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


def entry(action: str, parameters: Mapping[str, str] | None = None, **changes: object) -> Entry:
    values: dict[str, object] = {
        "at": AT,
        "account_id": "1",
        "action": action,
        "region": "cn-hangzhou",
        "parameters": parameters or {},
        "status": 200,
        "code": "",
        "effect": Effect.CHANGED,
        "request_id": "R",
    }
    return Entry(**{**values, **changes})  # type: ignore[arg-type]  # a table of changes


def test_requests_are_kept_in_order() -> None:
    log = RequestLog()
    stop, look = entry("StopInstances"), entry("DescribeInstances")

    log.add(stop)
    log.add(look)

    assert log.entries() == tuple(log) == (stop, look)
    assert len(log) == 2
    assert log.actions() == ("StopInstances", "DescribeInstances")
    assert log.count("StopInstances") == 1
    assert log.count("DeleteInstances") == 0


def test_a_bounded_log_forgets_the_oldest() -> None:
    log = RequestLog(keep=2)
    for action in ("A", "B", "C"):
        log.add(entry(action))

    assert log.actions() == ("B", "C")


def test_a_cleared_log_is_empty() -> None:
    log = RequestLog()
    log.add(entry("StopInstances"))

    log.clear()

    assert log.entries() == ()


@pytest.mark.parametrize(
    ("action", "mutating"),
    [
        ("DescribeInstances", False),
        ("DescribePrice", False),
        ("ListTagResources", False),
        ("GetInstanceScreenshot", False),
        ("StopInstance", True),
        ("DeleteInstances", True),
        ("ModifyInstanceAutoReleaseTime", True),
        ("CreateSnapshot", True),
        ("TagResources", True),
        ("SomethingNew", True),
    ],
)
def test_all_operations_change_something_but_those_that_read(action: str, mutating: bool) -> None:  # noqa: FBT001  # a table's column
    assert is_mutating(action) is mutating


def test_mutating_requests_are_also_those_refused_but_no_dry_runs() -> None:
    log = RequestLog()
    refused = entry("DeleteInstances", status=403, code="Forbidden.RAM", effect=Effect.NONE)
    for each in (
        refused,
        entry("DescribeInstances"),
        entry("StopInstances", {"DryRun": "True"}),
        entry("StopInstances", {"DryRun": "true"}),
    ):
        log.add(each)
    meant = entry("StopInstances", {"DryRun": "false"})
    log.add(meant)

    assert log.mutating() == (refused, meant)


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({"InstanceId": "i-1"}, id="alone"),
        pytest.param({"InstanceId.1": "i-2", "InstanceId.2": "i-1"}, id="numbered"),
        pytest.param({"InstanceIds": '["i-2","i-1"]'}, id="JSON list"),
        pytest.param({"ResourceId.1": "i-1"}, id="tagged"),
    ],
)
def test_what_a_request_names_is_found(parameters: dict[str, str]) -> None:
    log = RequestLog()
    touching = entry("StopInstances", parameters)
    log.add(touching)
    log.add(entry("DescribeInstances", parameters))

    assert log.touched("i-1") == (touching,)
    assert log.touched("i-11") == log.touched("i-") == ()


def test_threads_may_write_while_others_read() -> None:
    log = RequestLog()

    def write_and_read(number: int) -> int:
        log.add(entry(str(number)))
        return len(log.entries())

    with ThreadPoolExecutor(4) as threads:
        seen = list(threads.map(write_and_read, range(400)))

    assert max(seen) == len(log) == 400
