"""One region's calls: repeated or not, paced, counted, bounded by the deadline, told apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from local.ecs.clock import ManualClock
from shared.clock import Deadline
from shared.domain.outcome import NotSent
from shared.ecs.client import READ_TIMEOUT_S, WRITE_TIMEOUT_S, Answer, Client
from shared.ecs.transport import Denial, ErrorResponse, NoResponse
from shared.errors import AccessDenied, CurfewError, Unavailable

START = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
LATER = START + timedelta(days=2)
THROTTLED = ErrorResponse(400, "Throttling.User", "Request was denied due to user flow control.")
BODY: Mapping[str, Any] = {"RequestId": "1"}


@dataclass(slots=True)
class Script:
    """Answers as told, the last again and again, each after some seconds."""

    clock: ManualClock
    says: list[Mapping[str, Any] | Exception]
    takes_s: float = 0.0
    sent: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    timeouts: list[float] = field(default_factory=list)

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        self.sent.append((operation, parameters))
        self.timeouts.append(timeout_s)
        self.clock.sleep(min(self.takes_s, timeout_s))
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(said, Exception):
            raise said
        return said


def make(
    *says: Mapping[str, Any] | Exception,
    timeout_s: float = 600,
    takes_s: float = 0.0,
    region: str = "cn-hangzhou",
) -> tuple[Client, Script]:
    clock = ManualClock(START)
    script = Script(clock, list(says), takes_s)
    deadline = Deadline.after(START, timedelta(seconds=timeout_s))
    return Client(region, script, clock, deadline), script


def test_every_call_names_its_region() -> None:
    api, script = make(BODY)

    api.read("DescribeInstances", {"MaxResults": "100"})
    api.write("StopInstances", {"InstanceId.1": "i-1"}, LATER)

    assert script.sent == [
        ("DescribeInstances", {"RegionId": "cn-hangzhou", "MaxResults": "100"}),
        ("StopInstances", {"RegionId": "cn-hangzhou", "InstanceId.1": "i-1"}),
    ]
    assert script.timeouts == [READ_TIMEOUT_S, WRITE_TIMEOUT_S]
    assert api.calls == 2


PASSING: list[Exception] = [
    NoResponse("no connection"),
    ErrorResponse(500, "InternalError", ""),
    ErrorResponse(503, "ServiceUnavailable", ""),
    ErrorResponse(502, "HTTP 502", ""),
    ErrorResponse(504, "Some.New.Code", ""),
    ErrorResponse(409, "OperationConflict", ""),
    ErrorResponse(400, "SignatureNonceUsed", ""),
]


@pytest.mark.parametrize("failure", PASSING, ids=repr)
def test_a_read_is_repeated_until_it_is_answered(failure: Exception) -> None:
    api, script = make(failure, failure, failure, failure, BODY)

    answer = api.read("DescribeInstances", {})

    assert answer.body == BODY
    assert answer.asked_at == script.clock.now() == START + timedelta(seconds=3)
    assert api.calls == len(script.sent) == 5


@pytest.mark.parametrize("failure", PASSING, ids=repr)
def test_a_read_that_fails_five_times_is_given_up(failure: Exception) -> None:
    api, script = make(failure)

    with pytest.raises(Unavailable, match=r"^DescribeInstances in cn-hangzhou: .*, 5 times$"):
        api.read("DescribeInstances", {})

    assert len(script.sent) == 5
    assert script.clock.now() == START + timedelta(seconds=3)


def test_a_read_that_is_given_up_says_what_went_wrong() -> None:
    api, _ = make(NoResponse("no connection"))

    with pytest.raises(Unavailable, match="cn-hangzhou: no connection, 5 times"):
        api.read("DescribeInstances", {})


def test_a_refusal_for_another_reason_ends_throttling() -> None:
    api, script = make(THROTTLED, ErrorResponse(403, "IncorrectInstanceStatus", ""), BODY)

    with pytest.raises(ErrorResponse, match="IncorrectInstanceStatus"):
        api.write("StopInstances", {}, LATER)

    again_at = script.clock.now()
    assert api.write("StopInstances", {}, LATER) == Answer(BODY, again_at)


@pytest.mark.parametrize(
    "failure", [*PASSING, ErrorResponse(403, "IncorrectInstanceStatus", "")], ids=repr
)
def test_a_write_is_never_repeated(failure: Exception) -> None:
    api, script = make(failure)

    with pytest.raises(type(failure)) as caught:
        api.write("StopInstances", {}, LATER)

    assert caught.value is failure
    assert len(script.sent) == api.calls == 1


def through_read(api: Client) -> Answer | NotSent:
    return api.read("DescribeInstances", {})


def through_write(api: Client) -> Answer | NotSent:
    return api.write("StopInstances", {}, LATER)


BOTH = pytest.mark.parametrize("act", [through_read, through_write])
Act = Callable[[Client], Answer | NotSent]


@BOTH
@pytest.mark.parametrize(
    "code",
    ["Throttling", "Throttling.User", "Throttling.Api", "Throttling.X.Y", "Rejected.Throttling"],
)
@pytest.mark.parametrize("status", [200, 400, 403, 429, 500, 503])
def test_what_was_throttled_is_repeated_whatever_the_status(
    act: Act, status: int, code: str
) -> None:
    refusal = ErrorResponse(status, code, "")
    api, script = make(*[refusal] * 7, BODY)

    answer = act(api)

    assert isinstance(answer, Answer)
    assert answer.asked_at == script.clock.now() > START
    assert len(script.sent) == api.calls == 8


@BOTH
def test_throttling_is_waited_out_to_the_deadline_and_no_longer(act: Act) -> None:
    api, script = make(THROTTLED, timeout_s=300)

    if act is through_write:
        assert act(api) == NotSent(throttled=True)
    else:
        with pytest.raises(Unavailable, match="ECS throttles it, and no time is left") as caught:
            act(api)
        assert not caught.value.late

    assert script.clock.now() <= START + timedelta(seconds=295)
    assert len(script.sent) < 60


def test_a_write_is_not_sent_after_its_time() -> None:
    api, script = make(THROTTLED, BODY)

    assert api.write("StopInstances", {}, START) == NotSent(throttled=True)

    assert [operation for operation, _ in script.sent] == ["StopInstances"]
    assert script.clock.now() == START


def test_a_write_whose_time_was_over_from_the_first_was_not_throttled() -> None:
    api, script = make(BODY)

    assert api.write("StopInstances", {}, START - timedelta(seconds=1)) == NotSent()

    assert script.sent == []


def test_a_read_whose_turn_does_not_come_in_time_is_late_and_takes_no_later_call() -> None:
    api, script = make(*[THROTTLED] * 3, BODY)
    bounded = api.in_turn_by(SOON)

    with pytest.raises(Unavailable, match="ECS throttles it") as caught:
        bounded.read("DescribeDisks", {})

    assert caught.value.late
    assert script.clock.now() <= SOON
    assert len(script.sent) == 3
    bounded.in_turn_by(None).read("DescribeDisks", {})
    assert script.clock.now() == START + timedelta(seconds=60.2)


def test_what_fails_is_tried_as_often_as_ever_though_its_turn_is_bounded() -> None:
    api, script = make(*[NoResponse("no response in time")] * 4, BODY, takes_s=9)

    answer = api.in_turn_by(SOON).read("DescribeDisks", {})

    assert answer.body == BODY
    assert script.clock.now() > SOON


def test_ecss_own_word_on_when_to_come_back_is_kept() -> None:
    api, script = make(ErrorResponse(400, "Throttling.Api", "", retry_after_s=17.0), BODY)

    api.read("DescribeInstances", {})

    assert script.clock.now() == START + timedelta(seconds=17)


def test_one_throttled_operation_does_not_slow_another() -> None:
    api, script = make(THROTTLED, BODY)

    api.write("StopInstances", {}, START)
    api.read("DescribeInstances", {})

    assert script.clock.now() == START


@pytest.mark.parametrize(
    ("refusal", "error", "message"),
    [
        pytest.param(
            ErrorResponse(403, "Forbidden.RAM", "User not authorized"),
            AccessDenied,
            "RAM does not allow ecs:DescribeInstances in cn-hangzhou (Forbidden.RAM); add "
            "ecs:DescribeInstances to the policy of the function's role",
            id="denied",
        ),
        pytest.param(
            ErrorResponse(
                403,
                "Forbidden.RAM",
                "User not authorized",
                denied=Denial(
                    "ecs:DescribeInstances",
                    "role curfew-stop",
                    "implicit deny, account-level policy",
                ),
            ),
            AccessDenied,
            "RAM denies ecs:DescribeInstances to role curfew-stop (implicit deny, account-level "
            "policy) in cn-hangzhou (Forbidden.RAM); add ecs:DescribeInstances to the policy of "
            "the function's role",
            id="denied-and-explained",
        ),
        pytest.param(
            ErrorResponse(
                403,
                "Forbidden.RAM",
                "User not authorized",
                denied=Denial("ecs:DescribeInstances", "", "explicit deny, control policy"),
            ),
            AccessDenied,
            "RAM denies ecs:DescribeInstances (explicit deny, control policy) in cn-hangzhou "
            "(Forbidden.RAM); a policy forbids it, so allowing it in another one does not help",
            id="forbidden",
        ),
        pytest.param(
            ErrorResponse(404, "InvalidAccessKeyId.NotFound", "LTAIsecret"),
            Unavailable,
            "ECS rejects the credentials (InvalidAccessKeyId.NotFound); check the function's role",
            id="unknown-key",
        ),
        pytest.param(
            ErrorResponse(400, "InvalidTimeStamp.Expired", ""),
            Unavailable,
            "ECS rejects the request's timestamp (InvalidTimeStamp.Expired); this machine's clock "
            "is wrong",
            id="clock-skew",
        ),
        pytest.param(
            ErrorResponse(
                404, "InvalidRegionId.NotFound", "The specified RegionId does not exist."
            ),
            Unavailable,
            "cn-hangzhou is not a region that ECS knows (InvalidRegionId.NotFound). There is such "
            "a region; perhaps this account or endpoint does not have it.",
            id="unknown-region",
        ),
        pytest.param(
            ErrorResponse(400, "InvalidParameter", "The specified parameter is not valid."),
            Unavailable,
            "DescribeInstances in cn-hangzhou: ECS returned InvalidParameter: The specified "
            "parameter is not valid.",
            id="final",
        ),
    ],
)
def test_what_no_repetition_mends_ends_a_read_at_once(
    refusal: ErrorResponse, error: type[CurfewError], message: str
) -> None:
    api, script = make(refusal)

    with pytest.raises(CurfewError) as caught:
        api.read("DescribeInstances", {})

    assert (type(caught.value), str(caught.value)) == (error, message)
    assert len(script.sent) == 1


def test_a_denied_action_keeps_ecss_code() -> None:
    api, _ = make(ErrorResponse(403, "Forbidden.RAM", ""))

    with pytest.raises(AccessDenied) as caught:
        api.read("DescribeDisks", {})

    assert caught.value.code == "Forbidden.RAM"


def test_the_yes_to_a_dry_run_is_a_refusal() -> None:
    api, script = make(ErrorResponse(400, "DryRunOperation", ""))

    with pytest.raises(ErrorResponse):
        api.read("DescribeInstances", {"DryRun": "true"})

    assert len(script.sent) == 1


def test_credentials_that_are_refused_end_a_write() -> None:
    api, _ = make(ErrorResponse(403, "InvalidSecurityToken.Expired", ""))

    with pytest.raises(Unavailable, match="rejects the credentials"):
        api.write("StopInstances", {}, LATER)


@pytest.mark.parametrize("timeout_s", [3, 10, 60, 600, 86_400])
@pytest.mark.parametrize("left_s", [0.001, 0.5, 3.0, 20.0])
@pytest.mark.parametrize("takes_s", [0.5, 7.0, 1e9])
@BOTH
def test_no_call_lasts_into_the_time_of_the_report(
    act: Act, takes_s: float, left_s: float, timeout_s: float
) -> None:
    """The last one may still run when work ends, but its answer comes before the kill."""
    api, script = make(NoResponse("no response in time"), timeout_s=timeout_s, takes_s=takes_s)
    deadline = Deadline.after(START, timedelta(seconds=timeout_s))
    script.clock.advance(max(timedelta(0), deadline.work_until - START - timedelta(seconds=left_s)))

    with pytest.raises((Unavailable, NoResponse)):
        act(api)

    assert script.clock.now() < deadline.killed_at


@BOTH
def test_the_last_call_has_half_of_what_is_kept_for_the_report(act: Act) -> None:
    api, script = make(BODY, timeout_s=600)
    script.clock.advance(timedelta(seconds=595))

    act(api)

    assert script.timeouts == [2.5]


@BOTH
def test_no_call_begins_when_work_has_ended(act: Act) -> None:
    api, script = make(BODY, timeout_s=60)
    script.clock.advance(timedelta(seconds=57.001))

    if act is through_write:
        assert act(api) == NotSent()
    else:
        with pytest.raises(Unavailable):
            act(api)

    assert script.sent == []


@pytest.mark.parametrize(
    ("region", "hint"),
    [
        ("cn-hangzou", "Did you mean cn-hangzhou?"),
        ("hongkong", "Did you mean cn-hongkong?"),
        ("mars", "Region ids look like cn-hangzhou."),
        *(
            (region, "There is such a region; perhaps this account or endpoint does not have it.")
            for region in ("cn-heyuan", "cn-hangzhou-finance", "cn-north-2-gov-1")
        ),
    ],
)
def test_a_region_that_ecs_does_not_know_is_told_with_the_nearest(region: str, hint: str) -> None:
    refusal = ErrorResponse(
        404, "InvalidRegionId.NotFound", "The specified RegionId does not exist."
    )
    api, script = make(refusal, region=region)

    with pytest.raises(Unavailable) as caught:
        api.read("DescribeInstances", {})

    assert caught.value.unknown_region
    assert str(caught.value) == (
        f"{region} is not a region that ECS knows (InvalidRegionId.NotFound). {hint}"
    )
    assert len(script.sent) == 1


@pytest.mark.parametrize(
    ("region", "unknown", "tries"),
    [("cn-hangzou", True, 1), ("cn-hangzhou", False, 5), ("cn-shanghai-finance-1", False, 5)],
    ids=["not-listed", "listed", "of-finance-cloud"],
)
def test_no_host_of_that_name_means_no_such_region_unless_there_is_one(
    region: str,
    unknown: bool,  # noqa: FBT001  # a table's column
    tries: int,
) -> None:
    api, script = make(NoResponse("no host of that name", unresolved=True), region=region)

    with pytest.raises(Unavailable, match="no host of that name") as caught:
        api.read("DescribeInstances", {})

    assert caught.value.unknown_region is unknown
    assert len(script.sent) == tries


def test_another_failure_of_an_unlisted_region_does_not_make_it_unknown() -> None:
    api, script = make(NoResponse("no connection"), region="cn-newcity")

    with pytest.raises(Unavailable) as caught:
        api.read("DescribeInstances", {})

    assert not caught.value.unknown_region
    assert len(script.sent) == 5


SOON = START + timedelta(seconds=20)


def test_reads_that_are_bounded_end_in_time_and_the_others_go_on() -> None:
    api, script = make(NoResponse("no connection"), takes_s=9)
    bounded = api.reading_until(SOON)

    with pytest.raises(Unavailable):
        bounded.read("DescribeInstances", {})
    ended_at = script.clock.now()
    script.says = [BODY]
    answer = api.read("DescribeInstances", {})

    assert ended_at <= SOON + timedelta(seconds=0.2)
    assert answer.body == BODY


def test_a_bounded_read_is_given_no_more_time_than_is_left() -> None:
    api, script = make(BODY)
    script.clock.advance(timedelta(seconds=14))

    api.reading_until(SOON).read("DescribeInstances", {})
    api.read("DescribeInstances", {})

    assert script.timeouts == [6.0, READ_TIMEOUT_S]


def test_no_bound_is_later_than_the_deadline() -> None:
    api, script = make(NoResponse("no connection"), timeout_s=60, takes_s=9)

    with pytest.raises(Unavailable):
        api.reading_until(LATER).read("DescribeInstances", {})

    assert script.clock.now() <= START + timedelta(seconds=60)


def test_bounded_calls_share_pace_and_count_with_the_others() -> None:
    api, script = make(THROTTLED, THROTTLED, THROTTLED, BODY)
    unhurried = api.outlook("DescribeInstances", script.clock.now())

    api.reading_until(START + timedelta(minutes=5)).read("DescribeInstances", {})

    assert api.outlook("DescribeInstances", script.clock.now()) != unhurried
    assert api.calls == 4


def test_writes_are_counted_apart_also_those_that_failed() -> None:
    api, _ = make(BODY, BODY, ErrorResponse(403, "IncorrectInstanceStatus", ""), NoResponse("cut"))

    api.read("DescribeInstances", {})
    api.write("StopInstances", {}, LATER)
    with pytest.raises(ErrorResponse):
        api.write("StopInstances", {}, LATER)
    with pytest.raises(NoResponse):
        api.write("StopInstances", {}, LATER)

    assert (api.calls, api.writes) == (4, 3)
    assert api.reading_until(SOON).writes == 3


IN_THREE_SECONDS = START + timedelta(seconds=3)


def test_a_question_that_is_asked_once_takes_no_longer_than_it_may() -> None:
    api, script = make(BODY, takes_s=60)

    answer = api.ask_once("DescribeInstances", {"MaxResults": "100"}, IN_THREE_SECONDS)

    assert answer is not None
    assert answer.body == BODY
    assert script.sent == [("DescribeInstances", {"RegionId": "cn-hangzhou", "MaxResults": "100"})]
    assert script.timeouts == [3.0]


def test_a_question_that_is_asked_at_the_last_moment_has_a_moment_left() -> None:
    api, script = make(BODY)
    script.clock.advance(timedelta(seconds=3))

    assert api.ask_once("DescribeInstances", {}, IN_THREE_SECONDS) is not None
    assert script.timeouts == [0.1]


@pytest.mark.parametrize(
    "failure",
    [
        NoResponse("no connection"),
        NoResponse("no host of that name", unresolved=True),
        ErrorResponse(500, "InternalError", ""),
        ErrorResponse(403, "Forbidden.RAM", ""),
        ErrorResponse(404, "InvalidAccessKeyId.NotFound", ""),
    ],
    ids=repr,
)
def test_a_question_that_is_asked_once_is_not_repeated_and_fails_nothing(
    failure: Exception,
) -> None:
    api, script = make(failure)

    assert api.ask_once("DescribeInstances", {}, IN_THREE_SECONDS) is None
    assert len(script.sent) == 1


@pytest.mark.parametrize(
    ("region", "failure"),
    [
        ("cn-hangzhou", ErrorResponse(404, "InvalidRegionId.NotFound", "")),
        ("cn-hangzou", ErrorResponse(404, "InvalidRegionId.NotFound", "")),
        ("cn-hangzou", NoResponse("no host of that name", unresolved=True)),
    ],
    ids=repr,
)
def test_a_question_to_a_region_that_ecs_does_not_know_says_so(
    region: str, failure: Exception
) -> None:
    api, _ = make(failure, region=region)

    with pytest.raises(Unavailable, match=f"^{region} is not a region that ECS knows") as caught:
        api.ask_once("DescribeInstances", {}, IN_THREE_SECONDS)
    assert caught.value.unknown_region


def test_a_question_that_is_asked_once_waits_for_its_turn_no_longer_than_it_may() -> None:
    api, script = make(THROTTLED)

    assert api.ask_once("DescribeInstances", {}, IN_THREE_SECONDS) is None
    assert script.clock.now() <= IN_THREE_SECONDS


def test_what_nobody_foresaw_is_passed_on_and_keeps_no_turn() -> None:
    api, script = make(LookupError("odd"), BODY)

    with pytest.raises(LookupError):
        api.read("DescribeInstances", {})
    api.read("DescribeInstances", {})

    assert (len(script.sent), api.calls) == (2, 2)
