"""The emulator's own endpoint, ``/_local/…``."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from local.ecs.clock import Clock, ManualClock, RealClock
from local.ecs.emulator import Emulator, Options, default_engine
from local.ecs.gateway.faults import Cut
from local.ecs.http.messages import HttpRequest
from local.ecs.ram.caller import Caller

START = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)


@pytest.fixture
def emulator() -> Emulator:
    clock = ManualClock(START)
    return Emulator(Options(build=lambda: default_engine(clock)))


def ask(
    emulator: Emulator,
    method: str,
    name: str,
    body: object = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, Any]:
    sent = b"" if body is None else json.dumps(body).encode()
    request = HttpRequest(method, f"/_local/{name}", headers or {"host": "127.0.0.1:8014"}, sent)
    reply = emulator.handle(request)
    return reply.status, json.loads(reply.body)


def test_health_is_ok_and_tells_the_time(emulator: Emulator) -> None:
    assert ask(emulator, "GET", "health") == (200, {"status": "ok", "now": "2026-11-23T10:00:00Z"})


def test_state_holds_all_that_the_engine_holds(emulator: Emulator) -> None:
    status, state = ask(emulator, "GET", "state")

    engine = emulator.engine
    assert status == 200
    assert state["now"] == "2026-11-23T10:00:00Z"
    assert [each["instance_id"] for each in state["instances"]] == [
        each.instance_id for each in engine.instances()
    ]
    assert [each["disk_id"] for each in state["disks"]] == [each.disk_id for each in engine.disks()]
    assert state["snapshots"] == []
    first = engine.instances()[0]
    assert state["instances"][0]["status"] == first.status.value
    assert state["instances"][0]["tags"] == dict(first.tags)


def test_a_large_state_can_be_cut(emulator: Emulator) -> None:
    _, state = ask(emulator, "GET", "state?limit=2")

    engine = emulator.engine
    assert [each["instance_id"] for each in state["instances"]] == [
        each.instance_id for each in engine.instances()[:2]
    ]
    assert state["totals"] == {
        "instances": len(engine.instances()),
        "disks": len(engine.disks()),
        "snapshots": 0,
        "security_groups": len(engine.security_groups()),
    }
    assert ask(emulator, "GET", "state?limit=two")[0] == 400


def test_the_latest_requests_and_their_answers_are_shown(emulator: Emulator) -> None:
    for action in ("DescribeRegions", "StopInstance"):
        answer = emulator.gateway.call(action, {}, Caller())

    _, log = ask(emulator, "GET", "log?last=1")
    _, body = ask(emulator, "GET", f"answers/{log['requests'][0]['request_id']}")

    assert [each["action"] for each in log["requests"]] == ["StopInstance"]
    assert body == answer.body
    assert ask(emulator, "GET", "log?last=0")[1] == {"requests": []}
    assert ask(emulator, "GET", "log?last=-1")[0] == 400
    assert ask(emulator, "GET", "answers/no-such-id")[0] == 404


def test_a_reset_forgets_the_answers(emulator: Emulator) -> None:
    request_id = emulator.gateway.call("DescribeRegions", {}, Caller()).body["RequestId"]

    ask(emulator, "POST", "reset")

    assert ask(emulator, "GET", f"answers/{request_id}")[0] == 404


def test_a_clock_moved_by_hand_is_moved_on(emulator: Emulator) -> None:
    assert ask(emulator, "GET", "clock") == (200, {"now": "2026-11-23T10:00:00Z", "speed": 0.0})

    moved = ask(emulator, "POST", "clock", {"advance_s": 3600})

    assert moved == (200, {"now": "2026-11-23T11:00:00Z", "speed": 0.0})
    assert emulator.engine.clock.now() == START + timedelta(hours=1)


def test_a_running_clock_is_moved_on_and_runs_faster() -> None:
    clock = RealClock(START)
    emulator = Emulator(Options(build=lambda: default_engine(clock)))

    status, shown = ask(emulator, "POST", "clock", {"advance_s": 7200, "speed": 60})

    assert (status, shown["speed"]) == (200, 60.0)
    assert clock.now() >= START + timedelta(hours=2)
    assert clock.speed == 60


def test_a_clock_moved_by_hand_has_no_speed(emulator: Emulator) -> None:
    status, body = ask(emulator, "POST", "clock", {"speed": 2})

    assert (status, body["error"]) == (409, "this clock is only moved by hand and has no speed")


class _FrozenClock:
    def now(self) -> datetime:
        return START

    def sleep(self, seconds: float) -> None:
        del seconds


def test_somebody_elses_clock_is_not_moved() -> None:
    clock: Clock = _FrozenClock()
    emulator = Emulator(Options(build=lambda: default_engine(clock)))

    assert ask(emulator, "POST", "clock", {"advance_s": 1})[0] == 409
    assert ask(emulator, "GET", "clock")[1]["speed"] == 0.0


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        pytest.param({"advance_s": -1}, ">= 0", id="backwards"),
        pytest.param({"speed": 0}, "> 0", id="standing"),
        pytest.param(
            {"advance": 1},
            "advance: there is no such field; did you mean advance_s?",
            id="unknown field",
        ),
        pytest.param([], "expected fields, not a list", id="no object"),
        pytest.param(
            {"advance_s": "soon"}, "advance_s: expected a number, not a string", id="a string"
        ),
        pytest.param({"advance_s": 1e300}, "<= ", id="beyond all time"),
    ],
)
def test_a_move_that_makes_no_sense_is_refused(
    emulator: Emulator, body: object, complaint: str
) -> None:
    status, answer = ask(emulator, "POST", "clock", body)

    assert status == 400
    assert complaint in answer["error"]


def test_what_is_not_json_is_refused(emulator: Emulator) -> None:
    headers = {"host": "127.0.0.1:8014"}
    reply = emulator.handle(HttpRequest("POST", "/_local/clock", headers, b"{"))

    assert reply.status == 400
    assert json.loads(reply.body) == {"error": "this is not JSON: it is empty, or ends too early"}


def test_faults_are_put_in_force_and_cleared(emulator: Emulator) -> None:
    assert ask(emulator, "POST", "faults", {"fault": "cut", "times": 1}) == (200, {"number": 1})
    assert ask(emulator, "POST", "faults", {"fault": "clockskew"}) == (200, {"number": 2})
    assert emulator.gateway.faults.snapshot()[0].fault == Cut(times=1)

    shown = ask(emulator, "GET", "faults")
    less = ask(emulator, "DELETE", "faults/1")
    none = ask(emulator, "DELETE", "faults")

    cut = {"number": 1, "met": 0, "struck": 0, "fault": {"fault": "cut", "times": 1}}
    skew = {"number": 2, "met": 0, "struck": 0, "fault": {"fault": "clockskew"}}
    assert shown == (200, {"faults": [cut, skew]})
    assert less == (200, {"faults": [skew]})
    assert none == (200, {"faults": []})


@pytest.mark.parametrize("number", ["7", "first"])
def test_a_fault_that_is_not_there_cannot_be_cleared(emulator: Emulator, number: str) -> None:
    status, body = ask(emulator, "DELETE", f"faults/{number}")

    assert (status, body) == (404, {"error": f"no fault '{number}' is in force"})


def test_a_fault_that_is_none_is_refused(emulator: Emulator) -> None:
    status, body = ask(emulator, "POST", "faults", {"fault": "flood"})

    assert status == 400
    assert "flood" in body["error"]


def test_limits_are_put_in_force_shown_and_lifted(emulator: Emulator) -> None:
    asked = {"calls": {"DescribeRegions": 1}, "throttled_as": "429:Throttling.Api"}

    shown = ask(emulator, "POST", "throttle", asked)
    codes = [emulator.gateway.call("DescribeRegions", {}, Caller()).status for _ in range(2)]
    lifted = ask(emulator, "DELETE", "throttle")

    assert shown == ask_shown(calls={"DescribeRegions": 1}, throttled_as="429:Throttling.Api")
    assert codes == [200, 429]
    assert lifted == ask(emulator, "GET", "throttle") == ask_shown()


def ask_shown(**changed: object) -> tuple[int, dict[str, object]]:
    """The limits that are in force at first, but for what is changed."""
    first = {"calls": {}, "otherwise": -1, "window_s": 60.0, "retry_after": False}
    return 200, {**first, "throttled_as": "400:Throttling.User", **changed}


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"calls": {"MakeCoffee": 1}}, "calls.MakeCoffee: there is no such API; there are "),
        ({"calls": {"stopInstance": 1}}, "there is no such API; did you mean StopInstance?"),
        ({"calls": {"StopInstance": -1}}, "calls[...]: expected a whole number >= 0"),
        ({"throttled_as": "Slow"}, "'Slow' is not one of"),
        ({"window_s": 0}, ">= 0.1"),
        ({"limit": 1}, "limit: there is no such field; there are calls, otherwise"),
    ],
)
def test_limits_that_make_no_sense_are_refused(
    emulator: Emulator, limits: dict[str, object], said: str
) -> None:
    status, answer = ask(emulator, "POST", "throttle", limits)

    assert status == 400
    assert said in answer["error"]
    assert ask(emulator, "GET", "throttle") == ask_shown()


def test_the_log_is_shown_and_cleared(emulator: Emulator) -> None:
    emulator.gateway.call("StopInstance", {"InstanceId": "i-unknown"}, Caller())

    shown = ask(emulator, "GET", "log")
    cleared = ask(emulator, "DELETE", "log")

    entry = shown[1]["requests"][0]
    assert entry["parameters"] == {"InstanceId": "i-unknown"}
    assert (entry["action"], entry["status"], entry["effect"]) == ("StopInstance", 404, "none")
    assert cleared == (200, {"requests": []})


def test_a_reset_brings_the_fleet_back(emulator: Emulator) -> None:
    before = emulator.engine.instances()
    emulator.gateway.faults.add(Cut())
    stopped = {"InstanceId": before[0].instance_id}
    emulator.gateway.call("StopInstance", stopped, Caller())

    status, body = ask(emulator, "POST", "reset")

    assert (status, body) == (200, {"instances": len(before)})
    assert emulator.engine.instances() == before
    assert emulator.log.entries() == ()
    assert emulator.gateway.faults.snapshot() == ()


@pytest.mark.parametrize(
    ("method", "name", "expected"),
    [
        pytest.param(
            "GET", "moon", (404, "/_local/ has answers, clock, faults, health"), id="name"
        ),
        pytest.param("POST", "", (404, "/_local/ has answers, clock"), id="no name"),
        pytest.param("PUT", "clock", (405, "/_local/clock takes GET, POST"), id="method"),
        pytest.param("GET", "reset", (405, "/_local/reset takes POST"), id="reset by a link"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(
    emulator: Emulator, method: str, name: str, expected: tuple[int, str]
) -> None:
    status, body = ask(emulator, method, name)

    assert status == expected[0]
    assert body["error"].startswith(expected[1])


def test_a_clock_does_not_go_beyond_what_is_a_date(emulator: Emulator) -> None:
    ten_years = {"advance_s": 10 * 366 * 86400}
    replies = [ask(emulator, "POST", "clock", ten_years) for _ in range(700)]

    assert {status for status, _ in replies} == {200, 400}
    assert replies[-1] == (400, {"error": "a clock cannot move beyond 9000-01-01"})
    assert ask(emulator, "GET", "health")[0] == 200


def test_a_number_in_the_query_is_a_short_one(emulator: Emulator) -> None:
    assert ask(emulator, "GET", f"log?last={'9' * 5_000}")[0] == 400


@pytest.mark.parametrize("name", ["faults", "clock", "throttle"])
def test_what_is_nested_too_deeply_is_refused(emulator: Emulator, name: str) -> None:
    body = b'{"fault": "garbledrow", "id": "*", "field": "x", "value": ' + b"[" * 100_000
    headers = {"host": "127.0.0.1:8014"}

    reply = emulator.handle(HttpRequest("POST", f"/_local/{name}", headers, body))

    assert reply.status == 400
