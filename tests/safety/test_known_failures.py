"""How tools of this kind have failed their users, each as a story in which this one does not.

Those of inventories, of races and of plans have modules of their own beside this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.ecs.account.model import ChargeType, SpotStrategy, Status, StoppedMode
from local.ecs.clock import MANUAL_START, ManualClock
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from local.ecs.gateway.faults import Refuse
from local.fc.trigger_events import ENVELOPES, Request
from shared.base.errors import Incomplete, InvalidEvent
from shared.run import World
from shared.settings.settings import Credentials, Settings
from tests.harness.actions import FUNCTIONS, HARMFUL_FUNCTIONS, stated
from tests.harness.invocation import make_context
from tests.harness.reports import at, report_of, table
from tests.harness.stage import REGION, Stage
from tests.harness.transport import Direct
from tests.safety.test_guard_table import CASES
from tests.safety.test_races import before_first

NOW = MANUAL_START
RELEASE: Request = {"name": "dev-*", "dry_run": False}
LOST: Request = {**RELEASE, "snapshot": False}


def test_a_subscriptions_end_is_never_taken_for_a_release_time() -> None:
    stage = Stage(
        [
            InstanceSpec(
                "dev-yearly", charge_type=ChargeType.PRE_PAID, expires_at=NOW + timedelta(days=1)
            ),
            InstanceSpec("dev-converted"),
        ]
    )
    converted = stage.engine.instance(stage.id_of("dev-converted"))
    stage.engine.put(replace(converted, expires_at=NOW + timedelta(days=1)))

    report = stage.ask("set_auto_release", {"name": "dev-*", "release_after": "12h"})

    assert table(report)["dev-yearly"] == ("skipped", "charge type PrePaid")
    assert {one.name: one.auto_release_at for one in stage.engine.instances()} == {
        "dev-yearly": None,
        "dev-converted": NOW + timedelta(hours=12),
    }


@pytest.mark.promise("S10")
@settings(max_examples=60, deadline=None)
@given(
    chosen=st.sets(st.sampled_from([case.spec.name for case in CASES]), min_size=1),
    protected=st.sets(st.sampled_from([case.spec.name for case in CASES])),
    function=st.sampled_from(HARMFUL_FUNCTIONS),
)
def test_a_run_does_what_its_dry_run_said_less_what_was_protected_since(
    chosen: set[str], protected: set[str], function: str
) -> None:
    stage = Stage(case.spec for case in CASES if case.spec.name in chosen)
    request = {"name": "dev-*", **stated(function)}

    plan = stage.ask(function, {**request, "dry_run": True})
    would_change = {name for name, (result, _) in table(plan).items() if result == "would_change"}
    assert stage.writes() == ()
    for name in protected & chosen:
        stage.engine.tag(stage.id_of(name), {"curfew:protect": ""})
    ids = {one.name: one.instance_id for one in stage.engine.instances()}
    stage.ask(function, {**request, "dry_run": False})

    touched = {name for name in ids if stage.gateway.log.touched(ids[name])}
    assert touched == would_change - protected


@pytest.mark.parametrize("bad", [1, 5, 20])
def test_bad_instances_in_a_batch_of_a_hundred_cost_the_others_nothing(bad: int) -> None:
    stage = Stage(
        InstanceSpec(f"dev-{number:03}", tags={"a": "b"}, status=Status.STOPPED)
        for number in range(100)
    )
    spoilt = [f"dev-{number * 5:03}" for number in range(bad)]

    def spoil() -> None:
        for name in spoilt:
            stage.engine.protect(stage.id_of(name))

    stage.transport.before = before_first("DeleteInstances", spoil)
    report = stage.ask("release", LOST)

    assert {one.name for one in stage.engine.instances()} == set(spoilt)
    assert {name: table(report)[name] for name in spoilt} == dict.fromkeys(
        spoilt, ("skipped", "deletion protection")
    )
    assert stage.gateway.log.count("DeleteInstances") <= 3


@pytest.mark.parametrize("bad", [1, 5, 20])
def test_what_only_ecs_knows_to_be_bad_is_found_by_halving(bad: int) -> None:
    stage = Stage(
        InstanceSpec(f"dev-{number:03}", tags={"a": "b"}, status=Status.STOPPED)
        for number in range(100)
    )
    spoilt = {stage.id_of(f"dev-{number * 5:03}") for number in range(bad)}
    stage.transport = Grudge(stage.gateway, grudge=spoilt)

    with pytest.raises(Incomplete) as failure:
        stage.ask("release", LOST)

    assert {one.instance_id for one in stage.engine.instances()} == spoilt
    rows = report_of(failure.value)["instances"]
    assert {row["id"] for row in rows if row["code"] == "DependencyViolation.Odd"} == spoilt
    assert stage.gateway.log.count("DeleteInstances") <= {1: 15, 5: 53, 20: 130}[bad]


class Grudge(Direct):
    """ECS refuses to delete some, for a reason that it does not show."""

    def __init__(self, service: object, grudge: set[str]) -> None:
        super().__init__(service)  # type: ignore[arg-type]  # a Service
        self.grudge = grudge

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, object]:
        fault = None
        if operation == "DeleteInstances" and self.grudge & set(parameters.values()):
            fault = self.gateway.faults.add(
                Refuse(action=operation, status=403, code="DependencyViolation.Odd")
            )
        try:
            return super().send(operation, parameters, timeout_s=timeout_s)
        finally:
            if fault:
                self.gateway.faults.remove(fault)


@pytest.mark.parametrize(
    "code", ["Throttling", "Throttling.User", "Throttling.Api", "Rejected.Throttling"]
)
@pytest.mark.parametrize("status", [400, 403, 503])
def test_throttling_leaves_nobody_behind_and_splits_no_batch(status: int, code: str) -> None:
    stage = Stage(
        InstanceSpec(f"dev-{number:03}", tags={"a": "b"}, status=Status.STOPPED)
        for number in range(100)
    )
    stage.gateway.faults.add(Refuse(action="DeleteInstances", status=status, code=code, times=3))

    stage.ask("release", LOST)

    assert stage.engine.instances() == ()
    sizes = {
        sum(key.startswith("InstanceId.") for key in one.parameters)
        for one in stage.writes()
        if one.action == "DeleteInstances"
    }
    assert sizes == {100}


@pytest.mark.promise("S33")
@pytest.mark.parametrize(
    ("zone", "kept_until", "end"),
    [
        pytest.param("", "2026-11-23", "2026-11-23T16:00Z", id="china-by-default"),
        pytest.param("Asia/Shanghai", "2026-11-23", "2026-11-23T16:00Z", id="china-by-name"),
        pytest.param("UTC", "2026-11-23", "2026-11-24T00:00Z", id="utc"),
        pytest.param("America/New_York", "2026-03-08", "2026-03-09T04:00Z", id="clocks-go-forward"),
        pytest.param("America/New_York", "2026-11-01", "2026-11-02T05:00Z", id="clocks-go-back"),
        pytest.param("Australia/Lord_Howe", "2026-04-05", "2026-04-05T13:30Z", id="half-an-hour"),
        pytest.param("Pacific/Kiritimati", "2026-11-23", "2026-11-23T10:00Z", id="first-on-earth"),
    ],
)
def test_a_plain_date_keeps_until_its_end_in_the_operators_zone(
    zone: str, kept_until: str, end: str
) -> None:
    ends_at = datetime.strptime(end, "%Y-%m-%dT%H:%MZ").replace(tzinfo=timezone.utc)
    spec = InstanceSpec("dev-kept", tags={"curfew:keep-until": kept_until})
    results = []
    for moment in (ends_at - timedelta(seconds=1), ends_at):
        stage = Stage([spec], clock=ManualClock(moment), environ={**Stage([]).environ})
        stage.environ["CURFEW_TZ"] = zone
        results.append(table(stage.ask("stop", {"name": "dev-*"}))["dev-kept"][0])

    assert results == ["skipped", "changed"]


@pytest.mark.promise("S19")
@pytest.mark.parametrize("trigger", ENVELOPES)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_malformed_request_never_ends_in_success(function: str, trigger: str) -> None:
    stage = Stage([InstanceSpec("dev-1")])
    event = ENVELOPES[trigger]({"name": "dev-*", "shedule": "weekdays"}, stage.clock.now())

    try:
        answer = stage.deliver(function, event)
    except InvalidEvent as error:
        said = str(error)
    else:
        assert answer["statusCode"] == 400
        said = answer["body"]

    assert "shedule" in said
    assert len(stage.gateway.log) == 0


@pytest.mark.promise("S47")
def test_a_warm_instance_uses_the_credentials_of_each_invocation() -> None:
    from functions import stop  # noqa: PLC0415  # beside what it is about

    stage = Stage([InstanceSpec("dev-1")])
    used: list[str] = []

    def connect(_settings: Settings, credentials: Credentials) -> Direct:
        used.append(credentials.access_key_id)
        return stage.transport

    for key in ("first", "second"):
        environ = {"ALIBABA_CLOUD_ACCESS_KEY_ID": key, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "x"}
        world = World(clock=lambda: stage.clock, connect=connect, environ=environ)
        stop.handler(b'{"name": "dev-*"}', make_context("3.12"), world=world)

    assert used == ["first", "second"]


@pytest.mark.promise("S29")
def test_what_goes_on_costing_after_a_release_is_in_the_report() -> None:
    kept = DiskSpec(delete_with_instance=False)
    stage = Stage([InstanceSpec("dev-db", data_disks=(kept,), has_eip=True)])
    system, data = (one.disk_id for one in stage.engine.disks())

    report = stage.ask("release", {**RELEASE, "snapshot_retention_days": 3})

    said = table(report)["dev-db"][1]
    snapshots = {one.disk_id: one.snapshot_id for one in stage.engine.snapshots()}
    assert f"disk {data}" in said
    assert f"disk {system}" not in said
    assert "EIP " in said
    assert f"snapshot {snapshots[system]} (until 2026-11-26T18:00:" in said
    assert f"snapshot {snapshots[data]} (until 2026-11-26T18:00:" in said
    assert [one.disk_id for one in stage.engine.disks()] == [data]


@pytest.mark.promise("S28")
@pytest.mark.parametrize(
    ("code", "status"),
    [
        pytest.param("QuotaExceed.Snapshot", 400, id="quota"),
        pytest.param("InvalidOperation.SnapshotDenied", 403, id="refused"),
        pytest.param("InternalError", 500, id="broken"),
    ],
)
def test_without_its_snapshot_an_instance_stays(code: str, status: int) -> None:
    stage = Stage([InstanceSpec("dev-db", data_disks=(DiskSpec(),))])
    stage.gateway.faults.add(Refuse(action="CreateSnapshot", skip=1, code=code, status=status))

    with pytest.raises(Incomplete) as failure:
        stage.ask("release", RELEASE)

    (row,) = report_of(failure.value)["instances"]
    assert (row["result"], row["code"]) == ("failed", code)
    assert "DeleteInstances" not in stage.operations()


@pytest.mark.promise("S28")
def test_a_disk_that_cannot_be_snapshotted_is_told_from_a_snapshot_that_failed() -> None:
    local_disk = DiskSpec(size_gib=900, category="local_ssd_pro")
    stage = Stage([InstanceSpec("dev-cache", data_disks=(local_disk,))])

    report = stage.ask("release", RELEASE)

    result, reason = table(report)["dev-cache"]
    assert result == "skipped"
    assert "(local_ssd_pro) cannot be snapshotted" in reason
    assert stage.writes() == ()


def test_an_instance_stopped_in_another_mode_than_asked_for_says_so() -> None:
    stage = Stage([InstanceSpec("dev-cache", instance_type="ecs.i3.xlarge")])

    report = stage.ask("stop", {"name": "dev-*", "stopped_mode": "StopCharging"})

    assert table(report)["dev-cache"] == (
        "changed",
        (
            "stop (StopCharging); stopped in KeepCharging: still billed; StopCharging has no "
            "effect: it has local disks"
        ),
    )
    assert stage.engine.instances()[0].stopped_mode is StoppedMode.KEEP_CHARGING


@pytest.mark.parametrize(
    ("ahead", "release_at"),
    [
        pytest.param(timedelta(minutes=29, seconds=59), "", id="a-second-short"),
        pytest.param(timedelta(minutes=30), at(NOW + timedelta(minutes=30)), id="thirty-minutes"),
        pytest.param(
            timedelta(minutes=31, seconds=59), at(NOW + timedelta(minutes=31)), id="seconds-go"
        ),
        pytest.param(timedelta(days=3 * 365, minutes=1), "", id="beyond-three-years"),
    ],
)
def test_a_release_time_is_legal_or_refused_and_never_adjusted(
    ahead: timedelta, release_at: str
) -> None:
    stage = Stage([InstanceSpec("dev-spot", spot_strategy=SpotStrategy.AS_PRICE_GOES)])
    request: Request = {"name": "dev-*", "release_at": at(NOW + ahead)}

    if release_at:
        stage.ask("set_auto_release", request)
        assert at(stage.engine.instances()[0].auto_release_at or NOW) == release_at
    else:
        with pytest.raises((InvalidEvent, Incomplete), match="ahead"):
            stage.ask("set_auto_release", request)
        assert stage.writes() == ()


@pytest.mark.promise("S13")
@pytest.mark.parametrize(
    "time",
    [
        pytest.param({}, id="none"),
        pytest.param({"release_at": None}, id="null"),
        pytest.param({"release_at": ""}, id="empty"),
        pytest.param({"release_after": ""}, id="empty-span"),
        pytest.param({"release_after": "0m"}, id="no-span"),
        pytest.param({"release_at": " "}, id="blank"),
        pytest.param({"release_at": "2026-11-24T20:00:00"}, id="no-zone"),
        pytest.param({"release_at": "2026-11-24T20:00:00Z", "release_after": "2h"}, id="both"),
    ],
)
def test_a_release_time_that_is_missing_never_clears_one(time: Request) -> None:
    release_at = NOW + timedelta(hours=5)
    stage = Stage([InstanceSpec("dev-1", auto_release_at=release_at)])

    with pytest.raises(InvalidEvent):
        stage.ask("set_auto_release", {"name": "dev-*", **time})

    assert len(stage.gateway.log) == 0
    assert stage.engine.instances()[0].auto_release_at == release_at


def test_an_unknown_id_is_gone_for_release_and_a_failure_for_stop() -> None:
    stage = Stage([InstanceSpec("dev-1")])
    request: Request = {"instance_ids": ["i-bp1unknownunknown000"]}

    released = stage.ask("release", request)
    with pytest.raises(Incomplete) as failure:
        stage.ask("stop", request)

    assert [row["result"] for row in released["instances"]] == ["unchanged"]
    assert [row["code"] for row in report_of(failure.value)["instances"]] == [
        "InvalidInstanceId.NotFound"
    ]
    assert REGION in str(failure.value)
