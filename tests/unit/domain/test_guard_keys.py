"""Keys that are nearly a guard's: they guard, and are named; other keys do not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from shared.domain.guards import Guard, Harm, guard_of, unknown_keys
from shared.settings.settings import Settings
from tests.unit.domain.tagged import NOW, tagged


@pytest.mark.parametrize("harm", [Harm.COST, Harm.OUTAGE, Harm.LOSS])
@pytest.mark.parametrize(
    "key",
    [
        "curfew\N{FULLWIDTH COLON}protect",
        "curfew: protect",
        " curfew:\N{NO-BREAK SPACE}protect\N{IDEOGRAPHIC SPACE}",
        "cur\tfew:protect\n",
        "curfew:pro\N{ZERO WIDTH SPACE}tect",
        "\N{ZERO WIDTH NO-BREAK SPACE}curfew:protect",
        "curfew:\N{RIGHT-TO-LEFT MARK}protect",
        "curfew\N{WORD JOINER}:protect\N{SOFT HYPHEN}",
        "curfew:protect\N{VARIATION SELECTOR-16}",
        "curfew:\N{HANGUL FILLER}protect\N{BRAILLE PATTERN BLANK}",
        "CURFEW:PROTECT",
        "\N{FULLWIDTH LATIN SMALL LETTER C}urfew:protect",
        "\N{MATHEMATICAL BOLD SMALL C}urfew:protec\N{MATHEMATICAL BOLD SMALL T}",
        "curfew:protect\x00",
    ],
)
def test_a_key_that_looks_like_the_guard_is_the_guard(key: str, harm: Harm) -> None:
    assert Guard(harm).reason(tagged({key: "x"}), NOW) == "tag curfew:protect"
    assert unknown_keys(tagged({key: "x"}), Guard(harm)) == []


UNKNOWN = [
    "curfew",
    "curfew:",
    "curfew:protected",
    "curfew:keep_until",
    "curfew:keepuntil",
    "curfew:keep\N{EN DASH}until",
    "curfew-protect",
    "curfew_protect",
    "curfew.protect",
    "curfew/protect",
    "curfew\N{RATIO}protect",
    "curfewprotect",
    "Curfew Protect",
    "curfew:other",
    "curfews:anything",
    "curfew-managed",
    "curfew:prot\N{CYRILLIC SMALL LETTER IE}ct",
    "cufrew:protect",
    "ucrfew:protect",
    "curfwe:protect",
    "curfw:keep-until",
    "urfew:protect",
    "curfe:protect",
    "crufew:schedule",
    "curfw:schedule",
    "currfew:protect",
    "xcurfew:protect",
    "cerfew-protect",
    "kurfew_keep_until",
    "curfev:keep-off-until",
    "curfw protect",
    "curfwprotect",
    "\N{CYRILLIC SMALL LETTER ES}urfew:protect",
    "c\N{LATIN SMALL LETTER U WITH ACUTE}rfew:protect",
    ":curfew:protect",
    '"curfew:protect"',
    "cur-few:protect",
]


@pytest.mark.parametrize("harm", [Harm.COST, Harm.OUTAGE, Harm.LOSS])
@pytest.mark.parametrize("key", UNKNOWN)
def test_a_key_that_is_nearly_a_guard_protects_and_is_named(key: str, harm: Harm) -> None:
    one = tagged({key: "2020-01-01"})

    assert Guard(harm).reason(one, NOW) == f"tag {key} is not understood"
    assert unknown_keys(one, Guard(harm)) == [key]


def test_what_cannot_be_seen_in_a_key_is_written_out() -> None:
    reason = Guard(Harm.OUTAGE).reason(tagged({"curfew:prote\u200bcted": ""}), NOW)

    assert reason == r"tag curfew:prote\u200bcted is not understood"


@pytest.mark.parametrize(
    "key",
    [
        "curfew:schedule",
        "Curfew:Schedule ",
        "curfew:release-of",
        "team",
        "protect",
        "keep-until",
        "my-curfew:protect",
        "fewer:protect",
        "curve:protect",
        "curf:protect",
        "crufwe:protect",
        "xurfe:protect",
        "curfw:team",
        "curfw",
        "x:protect",
        "",
        "\N{CJK UNIFIED IDEOGRAPH-4FDD}\N{CJK UNIFIED IDEOGRAPH-62A4}",
    ],
)
def test_other_keys_guard_nothing(key: str) -> None:
    one = tagged({key: "x"})

    assert {Guard(harm).reason(one, NOW) for harm in Harm} == {""}
    assert unknown_keys(one, Guard(Harm.LOSS)) == []


ONLY: Mapping[str, str | tuple[str, ...]] = {
    "lifecycle": "managed",
    "team": ("dev", "ops"),
    "curfew-owner": "*",
}
BOUND = {"lifecycle": "managed", "team": "ops", "curfew-owner": "who"}


@pytest.mark.parametrize("harm", Harm)
def test_whoever_has_all_tags_of_the_operator_is_free(harm: Harm) -> None:
    assert guard_of(harm, Settings(only_tags=ONLY)).reason(tagged(BOUND), NOW) == ""


@pytest.mark.parametrize("harm", Harm)
@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        ({"lifecycle": "Managed"}, "lifecycle=managed"),
        ({"lifecycle": ""}, "lifecycle=managed"),
        ({"lifecycle": None}, "lifecycle=managed"),
        ({"team": "qa"}, "team=dev|ops"),
        ({"team": None}, "team=dev|ops"),
        ({"curfew-owner": None}, "curfew-owner"),
    ],
    ids=str,
)
def test_whoever_lacks_a_tag_of_the_operator_is_guarded_against_everything(
    harm: Harm, lacking: dict[str, str | None], named: str
) -> None:
    tags = {key: value for key, value in {**BOUND, **lacking}.items() if value is not None}

    reason = guard_of(harm, Settings(only_tags=ONLY)).reason(tagged(tags), NOW)

    assert reason == f"without tag {named} (CURFEW_ONLY_TAGS)"


def test_a_key_that_the_operator_names_is_known_and_one_nearly_like_it_is_not() -> None:
    guard = guard_of(Harm.OUTAGE, Settings(only_tags=ONLY))

    assert unknown_keys(tagged({"curfew-owner": "", "Curfew-Owner": ""}), guard) == []
    assert unknown_keys(tagged({"curfew-owners": ""}), guard) == ["curfew-owners"]
    assert unknown_keys(tagged({"curfew-owner": ""}), Guard(Harm.OUTAGE)) == ["curfew-owner"]
