"""Composing a notice before takes no longer than what is shown, and hides nobody's rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.base.clock import Clock
from shared.domain.plan import Row
from shared.notify import dingtalk, feishu, slack, wecom
from shared.notify.channels import Channel, Kind
from shared.notify.leases import Linking, pages
from shared.notify.message import Text
from shared.notify.notices import Told, _Notice, read_notices
from shared.notify.outgoing import Answer, Outgoing
from tests.harness.invocation import one_by_one
from tests.unit.notify.runs import ACCOUNT, NOW, before, leased, run
from tests.unit.notify.test_leases import Counting

LINKING = Linking(ACCOUNT, "https://keep.example.com", "k" * 32)
FORMS = {
    Kind.DINGTALK: dingtalk,
    Kind.FEISHU: feishu,
    Kind.WECOM: wecom,
    Kind.SLACK: slack,
}
CHANNELS = (
    "http://127.0.0.1/robot/send?access_token=x http://127.0.0.1/open-apis/bot/v2/hook/x "
    "http://127.0.0.1/cgi-bin/webhook/send?key=x http://127.0.0.1/services/x http://127.0.0.1/x"
)
GENERIC = "http://127.0.0.1/x"
OK = b'{"errcode":0,"code":0}'
TURNED, UNSEEN = "\u202e", "\U000e0041"


def links_in(form: ModuleType, kind: Kind, text: Text) -> int:
    """How many links a message has as it is sent."""
    body = form.request(Channel(kind, "https://x", "", 1), text, NOW).body
    return int(body.decode().count("?lease="))


@pytest.mark.parametrize("limit", [5_000, 10**7])
def test_each_line_that_is_shown_is_composed_once_and_no_other(limit: int) -> None:
    form = Counting(limit)

    found = pages(
        run(before(*(leased(one, f"o{one % 9}") for one in range(8_000)))), "en", form, LINKING
    )

    shown = sum(len(text.lines) for text in found.texts)
    assert shown + sum(found.left_over.values()) == 8_000
    assert form.sizes <= shown + 20
    assert form.rooms <= 10


@given(
    st.sampled_from(list(FORMS)),
    st.lists(
        st.tuples(
            st.text(st.sampled_from(f'a_.*\n测{TURNED}{UNSEEN}\ud800\U0001f600"\\'), max_size=128),
            st.text(st.sampled_from(f'a_测{TURNED}{UNSEEN}"'), max_size=128),
        ),
        max_size=60,
    ),
)
@settings(max_examples=40)
def test_every_row_of_a_message_is_in_it_as_it_is_sent(
    kind: Kind, names: list[tuple[str, str]]
) -> None:
    rows = [leased(at, owner, name=name) for at, (name, owner) in enumerate(names)]

    found = pages(run(before(*rows)), "zh", FORMS[kind], LINKING)

    for text in found.texts:
        assert links_in(FORMS[kind], kind, text) == len(text.lines) > 0
    shown = sum(len(text.lines) for text in found.texts)
    assert shown + sum(found.left_over.values()) == len(rows)


@pytest.mark.parametrize("kind", FORMS)
def test_messages_are_filled(kind: Kind) -> None:
    rows = [leased(one, f"team-{one // 20}") for one in range(800)]

    found = pages(run(before(*rows)), "en", FORMS[kind], LINKING)

    form = FORMS[kind]
    channel = Channel(kind, "https://x", "", 1)
    lengths = [len(form.request(channel, text, NOW).body) for text in found.texts]
    assert len(lengths) == 5
    assert "800" not in found.texts[-1].facts[0]
    assert [links_in(form, kind, one) for one in found.texts] == [
        len(one.lines) for one in found.texts
    ]
    assert min(lengths) > 0.85 * form.MAX_BYTES


@pytest.mark.parametrize("kind", FORMS)
def test_five_rows_of_the_longest_names_hide_none_of_the_others(kind: Kind) -> None:
    hostile = [leased(one, "!" + UNSEEN * 127, name=UNSEEN * 128) for one in range(5)]
    honest = [leased(one, "amy") for one in range(10, 16)]

    found = pages(run(before(*hostile, *honest)), "zh", FORMS[kind], LINKING)

    shown = [line.name for text in found.texts for line in text.lines]
    assert [one for one in shown if one.startswith("dev-web-")] == [
        f"dev-web-{one}" for one in range(10, 16)
    ]
    assert len(shown) == 11


def test_a_row_is_shortened_before_it_is_left_over() -> None:
    row = leased(1, "o" * 128, name="n" * 128)
    whole, short = Counting(600), Counting(420)

    (kept,) = pages(run(before(row)), "en", whole, LINKING).texts
    (cut,) = pages(run(before(row)), "en", short, LINKING).texts

    assert kept.lines[0].name == "n" * 128
    assert cut.lines[0].name == "n" * 79 + "…"
    assert cut.lines[0].link == kept.lines[0].link


def test_no_message_is_spent_on_no_row_and_the_others_follow() -> None:
    form = Counting(100)  # less than a link

    found = pages(run(before(leased(1, "amy"), leased(2, "bob"))), "en", form, LINKING)

    assert found.texts == ()
    assert found.left_over == {"amy": 1, "bob": 1}


def test_what_there_is_no_time_to_compose_is_left_over() -> None:
    asked = iter([True, True, False])

    found = pages(
        run(before(*(leased(one) for one in range(6)))), "en", Counting(), LINKING,
        in_time=lambda: next(asked),
    )  # fmt: skip

    assert [len(text.lines) for text in found.texts] == [2]
    assert (found.left_over, found.in_time) == ({"": 4}, False)


def test_once_the_messages_are_full_no_more_is_asked_of_the_time() -> None:
    asked: list[bool] = []

    def in_time() -> bool:
        asked.append(True)
        return len(asked) < 900

    rows = [leased(one, f"o{one % 9}") for one in range(1_000)]
    found = pages(run(before(*rows)), "en", Counting(5_000), LINKING, in_time=in_time)

    shown = sum(len(text.lines) for text in found.texts)
    assert len(asked) <= shown + 20
    assert found.in_time
    assert shown + sum(found.left_over.values()) == 1_000


class Slow:
    """A clock that goes on a little each time it is asked."""

    def __init__(self, step_s: float) -> None:
        self.at, self.step = NOW, timedelta(seconds=step_s)

    def now(self) -> datetime:
        """The time."""
        self.at += self.step
        return self.at

    def sleep(self, seconds: float) -> None:
        """Nobody sleeps here."""
        raise AssertionError(seconds)


def tell(clock: Clock, *rows: Row, channels: str = CHANNELS) -> tuple[list[Told], list[Outgoing]]:
    """What five channels that answer at once are told, and what came of it."""
    sent: list[Outgoing] = []

    def post(outgoing: Outgoing, _: float) -> Answer:
        sent.append(outgoing)
        path = outgoing.url.removeprefix("http://127.0.0.1")
        return Answer(200, b"ok" if path.startswith("/services") else OK)

    environ = {
        "CURFEW_NOTIFY": channels,
        "CURFEW_LINK_URL": "https://keep.example.com",
        "CURFEW_LINK_KEY": "k" * 32,
    }
    told = read_notices(environ).tell(run(before(*rows)), post, one_by_one, clock, left_s=3.0)
    return told, sent


def test_owners_of_any_kind_silence_no_channel() -> None:
    rows = [leased(one, TURNED * 100 + str(one)) for one in range(1_000)]

    told, sent = tell(Slow(0.0), *rows)

    assert len({one.url for one in sent}) == 5
    assert [one.problem for one in told if "no notice" in one.problem] == []


def test_composing_stops_when_the_time_is_up() -> None:
    clock = Slow(0.01)

    told, sent = tell(clock, *(leased(one) for one in range(1_000)))

    assert (clock.at - NOW).total_seconds() < 3.3
    assert "was not composed in time; not listed: no owner " in told[1].problem
    assert told[-1].problem.endswith("there was no time left for all of it")
    assert len(sent) < 5


def test_the_generic_form_is_not_composed_beyond_the_time_either() -> None:
    clock = Slow(0.01)

    (told,), sent = tell(clock, *(leased(one) for one in range(1_000)), channels=GENERIC)

    assert (clock.at - NOW).total_seconds() < 3.3
    assert told.problem.endswith("there was no time left for all of it")
    assert sent == []


def test_nothing_that_holds_a_link_shows_it() -> None:
    found = pages(run(before(leased(1, "amy"))), "en", Counting(), LINKING)

    (text,) = found.texts
    notice = _Notice((lambda _: Outgoing(text.lines[0].link, {}, b""),))
    assert [repr(one) for one in (found, text, text.lines[0], notice)] == [
        "Pages(***)",
        "Text(***)",
        "Line(***)",
        "_Notice(***)",
    ]
