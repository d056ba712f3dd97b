"""What holds a secret says in every representation what it is, and nothing else."""

from __future__ import annotations

import pytest

from functions.extend_lease import _Asked
from shared.notify.channels import Channel, Kind
from shared.notify.leases import Linking, Pages
from shared.notify.message import Line
from shared.notify.outgoing import posted
from shared.settings.notices import NoticeSettings

SECRET = "MARKED" * 6


@pytest.mark.parametrize(
    ("one", "shown"),
    [
        (Channel(Kind.SLACK, SECRET, SECRET, 1), "Channel(***)"),
        (Linking(SECRET, SECRET, SECRET), "Linking(***)"),
        (Pages((), {SECRET: 1}), "Pages(***)"),
        (Line(SECRET, SECRET, link=SECRET), "Line(***)"),
        (posted(SECRET, SECRET.encode()), "Outgoing(***)"),
        (NoticeSettings(link_key=SECRET), "NoticeSettings(***)"),
        (_Asked("POST", SECRET, SECRET), "_Asked(***)"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_representation_shows_nothing(one: object, shown: str) -> None:
    assert repr(one) == str(one) == f"{one}" == shown
    assert repr([one]) == f"[{shown}]"
