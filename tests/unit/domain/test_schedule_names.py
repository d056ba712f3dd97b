from __future__ import annotations

import pytest

from shared.domain.days import InvalidSpec
from shared.domain.schedule_names import parse_schedules, resolve_spec
from shared.domain.schedule_spec import parse_spec

OFFICE = "workdays 8:30-20:00"
NAMED = parse_schedules({"Office": OFFICE, "night-shift": "daily 20:00-6:00", "开发机": "never"})
ALL = "all days and hours without the name"


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("office", OFFICE),
        (" OFFICE ", OFFICE),
        ("night-shift", "daily 20:00-6:00"),
        ("开发机", "never"),
        ("mon 9:00-18:00", "mon 9:00-18:00"),
        ("never", "never"),
    ],
)
def test_a_text_is_a_name_or_a_spec(text: str, spec: str) -> None:
    assert resolve_spec(text, NAMED) == parse_spec(spec)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "ofice",
            (
                "there is no schedule named 'ofice'; write a spec like workdays 08:30-20:00, or "
                "one of these names: night-shift, office, 开发机"
            ),
        ),
        (
            "workdays",
            (
                "word 1, 'workdays', has no hours after it; write workdays 08:30-20:00, or "
                "workdays off"
            ),
        ),
        ("工作日", "word 1, '工作日', is Chinese; write workdays"),
        *(
            (
                text,
                f"'{name}' is the name of a schedule and stands alone; write only {name}, or {ALL}",
            )
            for text, name in (
                ("Office Europe/Berlin", "office"),
                ("office，2026-12-24 off", "office"),  # noqa: RUF001  # as it is typed
                ("workdays 8:30-20:00, night-shift", "night-shift"),
            )
        ),
    ],
)
def test_what_is_neither_says_what_would_be_right(text: str, error: str) -> None:
    with pytest.raises(InvalidSpec) as raised:
        resolve_spec(text, NAMED)

    assert str(raised.value) == error


def test_without_names_an_unknown_one_says_where_names_stand() -> None:
    with pytest.raises(
        InvalidSpec, match=r"no schedule named 'office'.*put it in CURFEW_SCHEDULES"
    ):
        resolve_spec("office")


@pytest.mark.parametrize(
    ("stated", "error"),
    [
        ({"9to6": OFFICE}, "'9to6' is not a name; write a letter, then letters, digits, - or _"),
        (
            {"_office": OFFICE},
            "'_office' is not a name; write a letter, then letters, digits, - or _",
        ),
        (
            {"my office": OFFICE},
            "'my office' is not a name; write a letter, then letters, digits, - or _",
        ),
        ({"": OFFICE}, "'' is not a name; write a letter, then letters, digits, - or _"),
        *(
            ({word: OFFICE}, f"'{word}' is a reserved word of schedules; choose another name")
            for word in ("mon", "Mon-Fri", "workdays", "off", "NEVER", "always", "utc", "工作日")
        ),
        (
            {"office": OFFICE, "OFFICE": OFFICE},
            "'OFFICE' is defined twice; names are not case-sensitive",
        ),
        ({"office": 9}, "'office' must be a string like 'workdays 08:30-20:00'"),
        (
            {"office": OFFICE, "shop": "Office"},
            "'shop' is the name of another name, 'Office'; write its spec",
        ),
        (
            {"office": OFFICE, "late": "office, sat 9:00-12:00"},
            (
                "'late': 'office' is the name of a schedule and stands alone; write only office, "
                f"or {ALL}"
            ),
        ),
        ({"office": "mon"}, "'office': word 1, 'mon', has no hours after it"),
        (
            {"office": OFFICE.ljust(1025)},
            (
                "'office': it has 1025 characters, but at most 1024 are allowed; write fewer "
                "entries: days with the same hours may stand together in one"
            ),
        ),
    ],
)
def test_a_wrong_name_is_said(stated: dict[str, object], error: str) -> None:
    with pytest.raises(InvalidSpec) as raised:
        parse_schedules(stated)

    assert str(raised.value).startswith(error)


def test_a_named_spec_may_have_1024_characters() -> None:
    named = parse_schedules({"office": OFFICE.ljust(1024)})

    assert resolve_spec("office", named) == parse_spec(OFFICE)
