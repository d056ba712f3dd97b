"""events/: a sample for every function and trigger, and each means what its name says."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from shared.request.request import decode
from shared.request.triggers import Message, Trigger, parse
from tests.harness.actions import ACTIONS

SENT_AT = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)


EVENING = SENT_AT  # a Friday's, in Shanghai
NEXT_MORNING = EVENING + timedelta(days=2, hours=12, minutes=30)

SAMPLES = sorted((Path(__file__).parents[2] / "events").iterdir())

TRIGGERS = {
    "timer": {Trigger.TIMER},
    "mns": {Trigger.MNS_TOPIC, Trigger.DIRECT},  # a STREAM body cannot be told from a request
    "eventbridge": {Trigger.EVENTBRIDGE},
    "http": {Trigger.HTTP},
    "direct": {Trigger.DIRECT},
}
"""What every function has a sample of."""
OTHERS = {
    "api_gateway": {Trigger.API_GATEWAY},  # "API Gateway triggers" (Function Compute docs)
    "destination": {Trigger.DESTINATION},  # "Result callback" (Function Compute docs)
    "log": {Trigger.LOG},  # "Log Service triggers" (Function Compute docs)
}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_is_a_request_of_its_function_by_its_trigger(sample: Path) -> None:
    function, trigger, *_ = sample.name.removesuffix(".json").split(".")

    event = parse(sample.read_bytes())

    assert event.trigger in {**TRIGGERS, **OTHERS}[trigger]
    for read in event.messages:
        assert isinstance(read, Message)
        assert decode(ACTIONS[function].request, read.request, function).selection()
        assert read.sent_at is None or EVENING <= read.sent_at <= NEXT_MORNING
        if function == "release":
            assert "instance_ids" in read.request or "dry_run" in read.request


def test_every_trigger_has_a_name_in_samples() -> None:
    assert set().union(*TRIGGERS.values(), *OTHERS.values()) == set(Trigger)


def test_there_is_a_sample_of_every_function_and_trigger() -> None:
    names = {tuple(sample.name.split(".")[:2]) for sample in SAMPLES}

    assert names >= {(function, trigger) for function in ACTIONS for trigger in TRIGGERS}
    assert {trigger for _, trigger in names} == TRIGGERS.keys() | OTHERS.keys()
