"""Notice before: every instance, by owner, in at most five messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from shared.domain.plan import Result, Row
from shared.notify import wecom
from shared.notify.channels import Channel, Kind
from shared.notify.leases import Linking, Pages, due, left_over_in_words, owner_of, pages
from shared.notify.links import read_lease
from shared.notify.message import Line, Run, Text
from shared.notify.outgoing import Answer, answered_json
from tests.unit.notify.runs import ACCOUNT, NOW, before, leased, report, row, run

KEY = "k" * 32
LINKING = Linking(ACCOUNT, "https://keep.example.com", KEY)
NONE = Linking(ACCOUNT, "", "")


@dataclass
class Counting:
    """A channel that takes so many characters of lines; counts how often it is asked for them."""

    limit: int = 10**6
    rooms: int = 0
    sizes: int = 0

    def room(self, text: Text) -> int:
        """What is left beside the facts."""
        self.rooms += 1
        return self.limit - sum(map(len, text.facts))

    def size(self, line: Line, _: Text) -> int:
        """What a line takes."""
        self.sizes += 1
        return len(f"{line.heading}{line.name}{line.text}{line.link}")


def told(*rows: Row, limit: int = 10**6, linking: Linking = LINKING) -> Pages:
    """What a channel that takes so many characters is told in English."""

    return pages(run(before(*rows)), "en", Counting(limit), linking)


def test_who_is_due_stands_by_owner_and_time_and_those_of_nobody_last() -> None:
    rows = [leased(1), leased(2, "bob", 9), leased(3, "amy"), leased(4, "bob", 2)]
    late, failed = leased(5, "amy", 73), row(6, Result.FAILED)

    found = due(before(*rows, late, failed))

    assert [one.instance.name for one in found] == [
        "dev-web-3", "dev-web-4", "dev-web-2", "dev-web-1",
    ]  # fmt: skip
    assert due(report(*rows)) == []


@pytest.mark.parametrize(
    ("tags", "owner"),
    [
        ({"owner": " li "}, "li"),
        ({"Owner": "li"}, "li"),
        ({"Owner": "li", "owner": "wang"}, "wang"),
        ({"owner": "", "owner ": "li"}, "li"),
        ({"owners": "li"}, ""),
    ],
    ids=["exact", "capital", "exact-first", "empty", "another-word"],
)
def test_an_owner_is_found_in_any_spelling(tags: dict[str, str], owner: str) -> None:
    one = leased(1)

    assert owner_of(replace(one, instance=replace(one.instance, tags=tags))) == owner


FIRST, LAST = (datetime.min.replace(tzinfo=timezone.utc), datetime.max.replace(tzinfo=timezone.utc))


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Shanghai"])
@pytest.mark.parametrize("at", [FIRST, LAST])
def test_a_time_beyond_the_calendar_of_the_zone_keeps_nobody_from_being_told(
    zone: str, at: datetime
) -> None:
    odd = leased(2)
    instance = replace(odd.instance, auto_release_at=at)
    listed = before(leased(1), replace(odd, instance=instance))

    found = pages(
        run(replace(listed, zone=ZoneInfo(zone), released_by=LAST)), "en", Counting(), LINKING
    )

    assert {line.name for line in found.texts[0].lines} == {"dev-web-1", "dev-web-2"}


def test_a_page_says_who_when_and_how_to_keep_it() -> None:
    reason = "ECS will still release it at 2026-11-28T01:00:00+08:00: clear …; guarded"

    (text,) = told(leased(1, "amy"), leased(2, reason=reason)).texts

    assert text.title == "Curfew: instances that ECS will release soon: 2"
    assert [(one.heading, one.name, one.text) for one in text.lines] == [
        (
            "amy",
            "dev-web-1",
            "(i-bp1example00000001, cn-hangzhou) on Sat 2026-11-28 01:00 +08:00",
        ),
        (
            "no owner",
            "dev-web-2",
            (
                "(i-bp1example00000002, cn-hangzhou) protected, but ECS will still release it: "
                "clear its release time; on Sat 2026-11-28 01:00 +08:00"
            ),
        ),
    ]
    lease = read_lease(text.lines[0].link.partition("?lease=")[2], KEY)
    assert lease
    assert (lease.account, lease.instance_id) == (ACCOUNT, "i-bp1example00000001")
    assert lease.release_at == NOW.replace(hour=17, microsecond=0)
    assert "follow its link" in text.advice


@pytest.mark.parametrize(
    "linking", [NONE, Linking("", LINKING.url, KEY), Linking(ACCOUNT, LINKING.url, "")]
)
def test_without_address_key_or_account_there_are_no_links(linking: Linking) -> None:
    (text,) = told(leased(1), linking=linking).texts

    assert text.lines[0].link == ""
    assert "link" not in text.advice


def test_a_link_is_not_shown_by_what_makes_it() -> None:
    assert KEY not in repr(LINKING)


def test_what_several_messages_of_a_list_select_is_told_once_and_by_owner() -> None:
    first = before(leased(1, "bob"), leased(2, "amy", 20))
    second = before(leased(3, "bob", 9), leased(2, "amy", 4), leased(1, "bob"))

    made = pages(run(first, second), "en", Counting(), LINKING)

    [text] = made.texts
    assert text.title == "Curfew: instances that ECS will release soon: 3"
    assert [(line.heading, line.name) for line in text.lines] == [
        ("amy", "dev-web-2"), ("bob", "dev-web-1"), ("", "dev-web-3"),
    ]  # fmt: skip
    assert "on Sat 2026-11-28 00:00 +08:00" in text.lines[0].text  # as the later look shows


def test_what_does_not_fit_goes_into_more_messages_each_with_its_owner() -> None:
    found = told(*(leased(number, "amy") for number in range(7)), limit=800)

    assert [one.title for one in found.texts] == [
        f"Curfew: instances that ECS will release soon: 7 ({number}/3)" for number in (1, 2, 3)
    ]
    assert [line.name for text in found.texts for line in text.lines] == [
        f"dev-web-{number}" for number in range(7)
    ]
    assert all(text.lines[0].heading == "amy" for text in found.texts)
    assert found.left_over == {}


def test_after_five_messages_the_rest_is_counted_by_owner() -> None:
    rows = [leased(number, "amy" if number < 12 else "bob") for number in range(20)]

    found = told(*rows, leased(20), limit=800)

    shown = [line.name for text in found.texts for line in text.lines]
    assert len(found.texts) == 5
    assert sum(found.left_over.values()) == 21 - len(shown)
    assert found.left_over[""] == 1
    words = left_over_in_words(found.left_over)
    assert words == f"not listed: bob {found.left_over['bob']}, no owner 1"
    assert [text.facts for text in found.texts] == [(), (), (), (), (words,)]


@pytest.mark.promise("S52")
def test_whatever_they_are_called_wecom_takes_each_message_and_no_row_is_lost() -> None:
    names = ["\u6d4b" * 128, "\x00" * 128, "\U0001f600" * 128, "[x](http://example.com)", "@all"]
    rows = [
        leased(number, names[number % 3][:100], name=names[number % 5], reason="r" * 400)
        for number in range(30)
    ]
    told_of = run(before(*rows))

    found = pages(told_of, "zh", wecom, LINKING)

    shown = 0
    for text in found.texts:
        body = wecom.request(Channel(Kind.WECOM, "https://x", "", 1), text, NOW).body
        content = answered_json(Answer(200, body))["markdown"]["content"]
        assert len(content.encode()) <= 4_096
        assert content.count("https://keep.example.com?lease=") == len(text.lines)
        shown += len(text.lines)
    assert shown + sum(found.left_over.values()) == 30
    assert shown >= 10


def test_a_run_that_only_tells_before_is_no_run_that_matched_nothing() -> None:
    assert run(before()).occasions() == frozenset()
    assert isinstance(run(before()), Run)
