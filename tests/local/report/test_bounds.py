"""How much of files is read, whatever they unpack to; and that what was read is kept."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from local.report.entry import LONGEST as LONGEST_TEXT
from local.report.entry import Entry
from local.report.reading import LONGEST, MIB, MOST_BYTES, Left
from local.report.remarks import unread
from local.report.source import Counts, Ended, Source
from local.report.words import LANGUAGES, Words
from tests.local.report.lines import EVENING, line, run, text_of

NOW = datetime(2020, 11, 26, 12, tzinfo=timezone.utc)
STOPPED, RUN = json.dumps(line()), json.dumps(run())


def read(
    folder: Path, *contents: bytes, left: Left | None = None
) -> tuple[list[Entry], list[Counts]]:
    paths = [folder / f"{number}.log" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    source = Source(NOW, left or Left())
    return list(source.entries(paths)), source.counts


def bomb(unit: bytes, size: int) -> bytes:
    """A small file that unpacks to a list on one line of this many bytes, after a real row."""
    head = b"[" + json.dumps({"message": STOPPED}).encode()
    return gzip.compress(head + unit * (size // len(unit)) + b"]", 1)


@pytest.mark.parametrize("unit", [b",0", b",{}", b',""', b",[]", b"\n"], ids=repr)
def test_no_more_rows_are_taken_than_there_is_room_for(tmp_path: Path, unit: bytes) -> None:
    content = bomb(unit, 200_000)

    entries, [counts] = read(tmp_path, content, left=Left(rows=50))

    assert len(content) < 2_000
    assert [one.log for one in entries] == ["instance"]
    assert counts.lines <= 50
    assert counts.ended is (Ended.NO if unit == b",[]" else Ended.FULL)


def test_rows_of_one_answer_count_each(tmp_path: Path) -> None:
    row = {key: line()[key] for key in list(line())[7:18]}
    answer = {"action": "stop", "request_id": "r", "dry_run": False, "outcome": "complete"}
    many = json.dumps({**answer, "ended_at": EVENING, "instances": [row] * 1_000})

    entries, [counts] = read(tmp_path, many.encode(), left=Left(rows=101))

    assert (len(entries), counts.ended) == (100, Ended.FULL)


@pytest.mark.parametrize("content", [b"x\n" * MIB, b"x" * 2 * MIB, b" " * 2 * MIB])
def test_no_more_bytes_are_unpacked_than_there_is_room_for(tmp_path: Path, content: bytes) -> None:
    left = Left(bytes=MIB)

    entries, counts = read(tmp_path, f"{STOPPED}\n".encode(), gzip.compress(content), left=left)

    assert [one.log for one in entries] == ["instance"]
    assert [one.ended for one in counts] == [Ended.NO, Ended.FULL]
    assert left.bytes >= -LONGEST


def test_files_behind_the_bound_are_not_read(tmp_path: Path) -> None:
    text = text_of(line(), run()).encode()

    entries, counts = read(tmp_path, text, text, text, text, left=Left(rows=3))

    assert [one.log for one in entries] == ["instance", "run", "instance"]
    assert [one.ended for one in counts] == [Ended.NO, *[Ended.FULL] * 3]
    full, others = unread(counts, Words("en"))
    assert full == (
        f"A report reads at most 1,024 MiB, uncompressed, and 2,000,000 lines and rows: {tmp_path}"
        "/1.log was read up to line 1 and no further. Use fewer logs, or a shorter period."
    )
    assert others == f"Files that were not read at all: 2, the first of them {tmp_path}/2.log."


LONG = "x" * (LONGEST + 10)


@pytest.mark.parametrize(
    "long",
    [
        pytest.param(LONG, id="text"),
        pytest.param(json.dumps(line(name=LONG)), id="row"),
        pytest.param(json.dumps(line(name=LONG), indent=1), id="document"),
        pytest.param("{\n" + f" {'1,' * 1_000}\n" * 2_200 + "}", id="lines"),
        pytest.param(f'[{{"x": "{LONG}{LONG}"}}, {RUN}]', id="list"),
        pytest.param("[{" + "[" * 3 * LONGEST, id="deep"),
    ],
)
@pytest.mark.parametrize("is_gzip", [False, True], ids=["", "gzip"])
def test_what_is_too_long_is_left_out_and_told(tmp_path: Path, long: str, *, is_gzip: bool) -> None:
    content = f"{STOPPED}\n{long}\n{RUN}\n".encode()

    entries, counts = read(tmp_path, gzip.compress(content, 1) if is_gzip else content)

    assert [one.log for one in entries] == ["instance", "run"]
    assert (counts[0].lines, counts[0].too_long, counts[0].foreign) == (3, 1, 0)
    assert list(unread(counts, Words("en"))) == [
        f"{tmp_path}/0.log: lines or JSON documents longer than 4 MiB were left out: 1."
    ]


def test_a_list_on_one_line_may_be_as_long_as_it_likes(tmp_path: Path) -> None:
    rows = [{"message": STOPPED, "x": "测" * 700_000} for _ in range(5)]

    entries, [counts] = read(tmp_path, json.dumps(rows, ensure_ascii=False).encode())

    assert [one.name for one in entries] == ["web-1"] * 5
    assert (counts.lines, counts.read) == (5, 5)


def test_no_text_is_kept_that_is_longer_than_any_run_writes_it(tmp_path: Path) -> None:
    tags = {f"{number}{LONG[:500]}": LONG[:500] for number in range(500)}
    texts = dict.fromkeys(("name", "reason", "code", "region", "id"), LONG[:100000])

    [entry], _ = read(tmp_path, json.dumps(line(tags=tags, **texts)).encode())

    assert {len(getattr(entry, name)) for name in texts} == {LONGEST_TEXT}
    assert (len(entry.tags), {len(one) for one in entry.tags.values()}) == (20, {128})


@pytest.mark.parametrize(
    ("seconds", "is_read"),
    [(0, True), (300, True), (360, False), (86_400, False), (30 * 365 * 86_400, False)],
)
def test_a_run_of_later_than_now_is_nobodys(tmp_path: Path, seconds: int, *, is_read: bool) -> None:
    at = (NOW + timedelta(seconds=seconds)).isoformat()
    lines = [
        line(seen_at=at),
        run(ended_at=at),
        {"log": "error", "action": "stop", "ended_at": at},
        {"instances": [], "action": "stop", "outcome": "complete", "ended_at": at},
    ]

    entries, counts = read(tmp_path, text_of(*lines, line()).encode())

    assert len(entries) == (5 if is_read else 1)
    assert (counts[0].ahead, counts[0].foreign) == (0 if is_read else 4, 0)
    assert len(list(unread(counts, Words("en")))) == (not is_read)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_bound_is_told_in_both_languages(language: str) -> None:
    counts = [
        Counts("a", lines=9, too_long=1, ahead=2, ended=Ended.DAMAGED, reached=12),
        *[Counts("b", lines=1_234, ended=Ended.FULL, reached=1_239)] * 2,
        Counts("c", ended=Ended.DAMAGED),
        Counts("d", ended=Ended.UNREADABLE, why="Input/output error"),
        Counts("e", ended=Ended.UNREADABLE, why="Input/output error", reached=7),
    ]

    told = list(unread(counts, Words(language)))

    assert len(set(told)) == 8
    assert "12" in told[2]
    assert f"{MOST_BYTES // MIB:,} MiB" in told[6]
    assert "1,239" in told[6]
