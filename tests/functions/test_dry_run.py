"""A dry run of every function: it changes nothing, and is what the real run then does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.ecs.account.model import ChargeType, LockReason, Status, StoppedMode
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from shared.base.errors import (
    Incomplete,
)
from tests.harness.actions import HANDLERS
from tests.harness.call import Call
from tests.harness.reports import in_error

EVERY = pytest.mark.parametrize("name", HANDLERS)


SPECS: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    status=st.sampled_from([Status.RUNNING, Status.STOPPED]),
    charge_type=st.sampled_from([ChargeType.POST_PAID, ChargeType.PRE_PAID]),
    stopped_mode=st.sampled_from([StoppedMode.KEEP_CHARGING, StoppedMode.STOP_CHARGING]),
    locks=st.sampled_from([(), (), (LockReason.FINANCIAL,), (LockReason.SECURITY,)]),
    tags=st.dictionaries(
        st.sampled_from(["team", "team", "curfew:protect", "curfew:keep-until", "ack.x"]),
        st.sampled_from(["dev", "ops", "2026-11-24", "2026-11-22"]),
        max_size=3,
    ),
    data_disks=st.sampled_from([(), (DiskSpec(delete_with_instance=False),)]),
)
SELECTIONS: st.SearchStrategy[dict[str, object]] = st.sampled_from(
    [
        {"all": True, "max_instances": 50},
        {"tags": {"team": "*"}},
        {"tags": {"team": ["dev", "x"]}},
        {"name": "name of *"},
        {"instance_ids": ["i-0", "i-2", "i-4"]},
    ]
)
REQUESTS: dict[str, st.SearchStrategy[dict[str, object]]] = {
    "stop": st.fixed_dictionaries({}, optional={"force": st.booleans()}),
    "start": st.just({}),
    "apply_schedule": st.fixed_dictionaries(
        {"schedule": st.sampled_from(["never", "daily 17:30-23:00", "daily 8:00-12:00"])},
        optional={"enforced": st.booleans()},
    ),
    "release": st.fixed_dictionaries({"snapshot": st.booleans(), "force": st.booleans()}),
    "set_auto_release": st.sampled_from(
        [{"release_after": "2h", "if_set": one} for one in ("replace", "keep", "later")]
    ),
    "clear_auto_release": st.just({}),
    "describe": st.just({}),
}


def test_every_function_has_requests() -> None:
    assert REQUESTS.keys() == HANDLERS.keys(), "say in REQUESTS what a request for it may hold"


@EVERY
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_dry_run_changes_nothing_and_is_what_the_real_run_does(
    call: Call, name: str, data: st.DataObject
) -> None:
    specs = data.draw(st.lists(SPECS, max_size=5))
    request = data.draw(SELECTIONS) | data.draw(REQUESTS.get(name, st.just({})))
    call.fleet(
        *(
            InstanceSpec(
                f"name of i-{number}",
                instance_id=f"i-{number}",
                created_at=call.ecs.clock.now() - timedelta(days=1),
                **spec,
            )
            for number, spec in enumerate(specs)
        )
    )
    call.ecs.log.clear()

    def outcome(*, dry_run: bool) -> dict[str, str]:
        try:
            report = call(HANDLERS[name], {**request, "dry_run": dry_run}, timeout_s=900)
        except Incomplete as error:
            _, report = in_error(error)
        assert report["api_calls"] == len(call.ecs.log)
        return {one["id"]: one["result"] for one in report["instances"]}

    plan = outcome(dry_run=True)
    assert call.ecs.log.mutating() == ()
    call.ecs.log.clear()
    done = outcome(dry_run=False)
    touched = {one for one in plan if call.ecs.log.touched(one)}
    fleet = call.ecs.engine.instances()
    call.ecs.log.clear()
    again = outcome(dry_run=False)

    expected = {one for one, result in plan.items() if result == "would_change"}
    refused = {one for one in expected if done[one] == "failed"}
    assert touched == expected
    assert {one for one, result in done.items() if result == "changed"} == expected - refused
    assert {one: result for one, result in done.items() if one not in expected} == {
        one: result for one, result in plan.items() if one not in expected
    }
    assert "changed" not in again.values()
    assert call.ecs.engine.instances() == fleet
