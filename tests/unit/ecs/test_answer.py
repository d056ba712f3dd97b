"""What is documented of an answer's form is asked for, where a run would go on without it."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from typing import Any

import pytest

from shared.ecs.answer import read_answer
from shared.ecs.total_timeout import MAX_BYTES
from shared.ecs.transport import NoResponse


def read(body: object) -> object:
    return read_answer(200, {}, json.dumps(body).encode())


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"NextToken": ""},
        {"NextToken": None},
        {"NextToken": "caeba0bbb2be03f84eb48b699f0a4883"},
        {"InstanceResponses": None},
        {"InstanceResponses": {}},
        {"InstanceResponses": {"InstanceResponse": []}},
        {"InstanceResponses": {"InstanceResponse": [{"InstanceId": "i-1", "Code": 200}]}},
        {"InstanceResponses": {"InstanceResponse": [{"InstanceId": "i-1", "Code": "200"}]}},
        {"InstanceResponses": {"InstanceResponse": [{"InstanceId": "i-1", "Code": 403}]}},
        {
            "InstanceResponses": {
                "InstanceResponse": [{"InstanceId": "i-1", "Code": "IncorrectInstanceStatus"}]
            }
        },
    ],
    ids=str,
)
def test_what_is_documented_is_read(body: object) -> None:
    assert read(body) == body


@pytest.mark.parametrize("token", [0, 1, True, False, 0.5, [], ["x"], {}, {"x": 1}], ids=repr)
def test_a_next_token_that_is_no_text_is_no_last_page(token: object) -> None:
    with pytest.raises(NoResponse, match="a response whose NextToken is not a string"):
        read({"Instances": {"Instance": []}, "NextToken": token})


NO_CODES: tuple[object, ...] = (
    *(None, True, False, 0, -1, 999, 0.5),
    *("", " ", "a\nb", [], [200], {}),
)


@pytest.mark.parametrize(
    "response",
    [
        {},
        {"Code": 200},
        {"InstanceId": None, "Code": 200},
        {"InstanceId": ["i-1"], "Code": 200},
        {"InstanceId": {"i": 1}, "Code": 200},
        {"InstanceId": 1, "Code": 200},
        *({"InstanceId": "i-1", "Code": code} for code in NO_CODES),
    ],
    ids=lambda one: str(one).replace("\\", "/"),
)
def test_what_became_of_an_instance_is_said_or_not_known(response: dict[str, Any]) -> None:
    good = {"InstanceId": "i-2", "Code": 200}

    with pytest.raises(NoResponse, match="does not say what became of each instance"):
        read({"InstanceResponses": {"InstanceResponse": [good, response]}})


def test_a_bomb_is_not_unpacked_to_its_end() -> None:
    bomb = gzip.compress(bytes(MAX_BYTES * 20), 1)
    tracemalloc.start()
    try:
        with pytest.raises(NoResponse, match="a response of more than 8 MiB"):
            read_answer(200, {"Content-Encoding": "gzip"}, bomb)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < MAX_BYTES * 5
