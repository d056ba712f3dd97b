"""Narrowing: who of the selected is not meant, and for whom that rests on a tag that is missing."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from shared.domain.guards import printable_key
from shared.domain.instance import Instance, Status
from shared.domain.narrowing import Kept, Narrowing

SEEN_AT = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
MADE_AT = SEEN_AT - timedelta(days=1)
WEB = Instance(
    "i-1",
    "cn-hangzhou",
    SEEN_AT,
    Status.RUNNING,
    name="web-7",
    tags={"team": "dev", "env": ""},
    created_at=MADE_AT,
)
MINUTE = timedelta(minutes=1)
PROD = frozenset({"prod"})


@pytest.mark.parametrize(
    ("kept", "reason"),
    [
        pytest.param(Kept(), "", id="nobody"),
        pytest.param(Kept(frozenset({"i-1"})), "excepted by its id", id="id"),
        pytest.param(Kept(frozenset({"i-10", "i"})), "", id="other-ids"),
        pytest.param(Kept(tags=(("team", None),)), "excepted by its tag team", id="any-value"),
        pytest.param(
            Kept(tags=(("team", frozenset({"qa", "dev"})),)), "excepted by its tag team", id="value"
        ),
        pytest.param(Kept(tags=(("team", PROD),)), "", id="other-value"),
        pytest.param(Kept(tags=(("env", None),)), "excepted by its tag env", id="empty-value"),
        pytest.param(
            Kept(tags=(("Team ", None),)), "excepted by its tag team", id="key-in-other-letters"
        ),
        pytest.param(
            Kept(tags=(("TEAM", frozenset({" Dev"})),)),
            "excepted by its tag team",
            id="value-in-other-letters",
        ),
        pytest.param(Kept(tags=(("Team", PROD),)), "", id="other-letters-and-other-value"),
        pytest.param(Kept(tags=(("teams", None),)), "", id="another-word"),
        pytest.param(
            Kept(tags=(("team", PROD), ("env", None))), "excepted by its tag env", id="any-tag"
        ),
        pytest.param(Kept(name="web-*"), "excepted by its name", id="name"),
        pytest.param(Kept(name="web"), "", id="other-name"),
    ],
)
def test_whoever_matches_any_part_stays(kept: Kept, reason: str) -> None:
    assert Narrowing(kept=kept).mismatch(WEB) == reason


@pytest.mark.parametrize(
    ("created_by", "reason"),
    [
        pytest.param(MADE_AT, "", id="in-that-very-minute"),
        pytest.param(MADE_AT + MINUTE, "", id="older"),
        pytest.param(MADE_AT - MINUTE, "created less than 24h before the event", id="younger"),
    ],
)
def test_only_who_is_old_enough_is_meant(created_by: datetime, reason: str) -> None:
    assert Narrowing(older_than="24h", created_by=created_by).mismatch(WEB) == reason


@pytest.mark.parametrize(
    ("unreadable", "reason"),
    [("", "ECS does not say when it was created"), ("a field is missing", "")],
    ids=["nobody-knows", "told-as-unreadable"],
)
def test_whose_age_is_unknown_is_not_old(unreadable: str, reason: str) -> None:
    timeless = replace(WEB, created_at=None, unreadable=unreadable)

    assert Narrowing(older_than="24h", created_by=SEEN_AT).mismatch(timeless) == reason


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        (("owner",), ""),
        (("owner", "env"), "it has the tag env"),
        (("Env",), "it has the tag env"),
        (("environment",), ""),
    ],
    ids=["none", "one-of-them", "other-letters", "another-word"],
)
def test_only_who_has_none_of_the_tags_is_meant(keys: tuple[str, ...], reason: str) -> None:
    assert Narrowing(without_tags=keys).mismatch(WEB) == reason


@pytest.mark.parametrize("spelling", ["Owner", "owner ", " OWNER", "\uff4fwner", "own\u200ber"])
def test_a_tag_keeps_an_instance_however_its_key_is_spelt(spelling: str) -> None:
    owned = replace(WEB, tags={spelling: "li"})
    excepted = Narrowing(kept=Kept(tags=(("owner", None),)))
    without = Narrowing(without_tags=("owner",))

    assert excepted.mismatch(owned) == f"excepted by its tag {printable_key(spelling)}"
    assert without.mismatch(owned) == f"it has the tag {printable_key(spelling)}"
    assert not without.rests_on_absence(owned)


def test_of_two_spellings_of_a_key_either_keeps_by_its_value() -> None:
    both = replace(WEB, tags={"Env": "dev", "env": "prod"})

    assert Narrowing(kept=Kept(tags=(("env", PROD),))).mismatch(both) == "excepted by its tag env"


BARE = replace(WEB, tags={})
OLD = Narrowing(older_than="24h", created_by=SEEN_AT)


@pytest.mark.parametrize(
    ("narrowing", "instance", "rests"),
    [
        pytest.param(Narrowing(), BARE, False, id="nothing-asked"),
        pytest.param(OLD, BARE, False, id="age"),
        pytest.param(Narrowing(without_tags=("owner",)), WEB, True, id="without-other-tags-shown"),
        pytest.param(Narrowing(without_tags=("owner",)), BARE, True, id="without-none-shown"),
        pytest.param(Narrowing(without_tags=("env",)), WEB, False, id="without-one-that-is-there"),
        pytest.param(Narrowing(kept=Kept(tags=(("env", PROD),))), BARE, True, id="except-none"),
        pytest.param(Narrowing(kept=Kept(tags=(("env", PROD),))), WEB, False, id="except-shown"),
        pytest.param(Narrowing(kept=Kept(tags=(("Env ", PROD),))), WEB, False, id="except-spelt"),
        pytest.param(Narrowing(kept=Kept(tags=(("owner", None),))), WEB, True, id="except-other"),
        pytest.param(
            Narrowing(kept=Kept(tags=(("env", PROD), ("owner", None)))),
            WEB,
            True,
            id="except-one-of-two-shown",
        ),
        pytest.param(Narrowing(kept=Kept(name="db-*")), BARE, False, id="except-by-name"),
        pytest.param(
            Narrowing(kept=Kept(name="web-*"), without_tags=("owner",)), WEB, False, id="left-out"
        ),
    ],
)
def test_whose_being_meant_rests_on_a_tag_that_is_missing(
    narrowing: Narrowing,
    instance: Instance,
    rests: bool,  # noqa: FBT001  # a column of the table
) -> None:
    assert narrowing.rests_on_absence(instance) is rests


def test_the_fields_that_narrow_are_named() -> None:
    every = Narrowing(Kept(name="x"), "24h", SEEN_AT, ("owner",))

    assert every.fields() == ("except", "older_than", "without_tags")
    assert Narrowing().fields() == ()
