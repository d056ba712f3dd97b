from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from shared.base.times import CHINA
from shared.settings.zones import load_zone, zone_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Asia/Tokyo", "Asia/Tokyo"),
        ("asia/shanghai", "Asia/Shanghai"),
        ("AMERICA/NEW_YORK", "America/New_York"),
        ("america/argentina/comodrivadavia", "America/Argentina/ComodRivadavia"),
        ("utc", "UTC"),
    ],
)
def test_a_zone_is_known_in_any_case(text: str, name: str) -> None:
    assert zone_name(text) == name
    assert str(load_zone(name)) == name


def test_chinas_zone_is_a_fixed_one_and_others_have_rules() -> None:
    assert load_zone("Asia/Shanghai") is CHINA
    assert load_zone("Asia/Tokyo") == ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize("name", ["asia/tokyo", "CST", "Etc/UTC", "posix/Asia/Tokyo", "Asia"])
def test_only_exact_names_of_places_and_utc_are_loaded(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        load_zone(name)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "CST",
            (
                "it stands for the time of China, of Chicago and of Cuba; write a zone like "
                "Asia/Shanghai, or UTC"
            ),
        ),
        (
            "est",
            (
                "an abbreviation or an offset does not say when clocks change; write a zone like "
                "America/New_York, or UTC"
            ),
        ),
        (
            "UTC+8",
            (
                "an abbreviation or an offset does not say when clocks change; write a zone like "
                "Asia/Shanghai, or UTC"
            ),
        ),
        ("PRC", "it is not Area/City; write a zone like Asia/Shanghai, or UTC"),
        (
            "Etc/GMT-8",
            (
                "in Etc/… the sign is reversed, and clocks never change; write a zone like "
                "Asia/Shanghai, or UTC"
            ),
        ),
        ("Etc/UTC", "it is not Area/City; write a zone like Asia/Tokyo, or UTC"),
        ("Asia/Beijing", "there is no such zone; write a zone like Asia/Shanghai, or UTC"),
        ("Europe/Pari", "there is no such zone; write a zone like Europe/Paris, or UTC"),
        ("../etc/passwd", "there is no such zone; write a zone like Asia/Tokyo, or UTC"),
    ],
)
def test_what_is_no_zone_says_why_and_what_would_be_right(text: str, error: str) -> None:
    with pytest.raises(ValueError, match="write a zone") as raised:
        zone_name(text)

    assert str(raised.value) == error
