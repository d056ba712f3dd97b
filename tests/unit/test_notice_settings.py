"""What the environment says of notices."""

from __future__ import annotations

import pytest

from shared.errors import Refused
from shared.notice_settings import NoticeSettings, read_notice_settings
from shared.settings import read_settings

ADDRESS = "https://ops.example.com/MARKED#MARKED"


@pytest.mark.parametrize(
    ("environ", "settings"),
    [
        ({}, NoticeSettings("", frozenset({"failed", "changed"}), "")),
        (
            {"CURFEW_NOTIFY": f" {ADDRESS}\n", "CURFEW_NOTIFY_ON": " ", "CURFEW_LANGUAGE": " zh "},
            NoticeSettings(ADDRESS, frozenset({"failed", "changed"}), "zh"),
        ),
        (
            {"CURFEW_NOTIFY_ON": "planned, nothing_matched,", "CURFEW_LANGUAGE": "en"},
            NoticeSettings("", frozenset({"planned", "nothing_matched"}), "en"),
        ),
    ],
)
def test_what_can_be_chosen(environ: dict[str, str], settings: NoticeSettings) -> None:
    assert read_notice_settings(environ) == settings
    assert read_settings(environ).notices == settings


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {"CURFEW_NOTIFY_ON": "failed, change"},
            (
                "CURFEW_NOTIFY_ON names 'change'; expected any of failed, changed, planned, "
                "nothing_matched, separated by commas"
            ),
        ),
        ({"CURFEW_LANGUAGE": "cn"}, "CURFEW_LANGUAGE is 'cn'; it must be zh or en, or unset"),
    ],
)
def test_what_cannot_is_refused(environ: dict[str, str], message: str) -> None:
    with pytest.raises(Refused) as caught:
        read_settings(environ)

    assert str(caught.value) == message


def test_no_representation_shows_an_address() -> None:
    settings = read_settings({"CURFEW_NOTIFY": ADDRESS})

    assert "MARKED" not in f"{settings!r} {settings.notices!r} {settings}"
