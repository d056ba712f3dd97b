"""A message is no longer than the room that its lines were given: else rows would be lost."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.notify import dingtalk, feishu, slack, wecom
from shared.notify.channels import Channel, Kind
from shared.notify.message import Line, Text
from tests.unit.notify.runs import NOW

FORMS = {
    Kind.DINGTALK: dingtalk,
    Kind.FEISHU: feishu,
    Kind.WECOM: wecom,
    Kind.SLACK: slack,
}
BARE = Text("Curfew: due", ("two",), (), 0, "Keep it.", "request 1-66aa", "zh")
WORDS = st.text(alphabet='ab测\\"\n*', min_size=1, max_size=8)
LINES = st.builds(
    Line, WORDS, WORDS, st.one_of(st.just(""), WORDS), st.sampled_from(["", "https://x.example/y"])
)


@pytest.mark.parametrize("kind", FORMS)
@settings(max_examples=60)
@given(lines=st.lists(LINES, min_size=1, max_size=6))
def test_lines_take_no_more_than_they_are_said_to(kind: Kind, lines: list[Line]) -> None:
    form, text = FORMS[kind], replace(BARE, lines=tuple(lines))

    body = form.request(Channel(kind, "https://example.com/", "s", 1), text, NOW).body

    size = len(body)
    if kind is Kind.WECOM:
        size = len(json.loads(body)["markdown"]["content"].encode())
    taken = sum(form.size(line, text) for line in lines)
    assert size <= form.MAX_BYTES - form.room(BARE) + taken
