"""Logs that are damaged: what stands before the damage is read, as are the logs beside them."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from local.cli.main import group
from local.report.entry import Entry
from local.report.reading import DamagedError, Left, Lines
from local.report.remarks import unread
from local.report.source import Counts, Ended, Source
from local.report.words import Words
from tests.local.report.lines import line, run, text_of

NOW = datetime(2020, 11, 26, 12, tzinfo=timezone.utc)
LINES = [line(id=f"i-{number:x}") for number in range(99)]
WHOLE = gzip.compress(text_of(*LINES).encode(), mtime=0)
IDS = [one["id"] for one in LINES]


def read(folder: Path, *contents: bytes) -> tuple[list[Entry], list[Counts]]:
    paths = [folder / f"{number}.log" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    source = Source(NOW)
    return list(source.entries(paths)), source.counts


def report(*logs: Path, page: Path | None = None, language: str = "en") -> Result:
    variables = {"CURFEW_LANGUAGE": language, "COLUMNS": "100"}
    written = ["--html", str(page)] if page else []
    return CliRunner().invoke(group, ["report", *map(str, logs), *written], env=variables)


def with_garbage(content: bytes, at: int) -> bytes:
    return content[:at] + b"\xff" * 40 + content[at + 40 :]


@pytest.mark.parametrize("cut", [1, 9, 60])
def test_what_stands_before_the_damage_of_a_gzip_file_is_kept(tmp_path: Path, cut: int) -> None:
    entries, counts = read(tmp_path, WHOLE[:-cut], json.dumps(run()).encode())

    assert [one.id for one in entries[:50]] == IDS[:50]
    assert entries[-1].log == "run"
    assert [one.ended for one in counts] == [Ended.DAMAGED, Ended.NO]
    [sentence] = unread(counts, Words("en"))
    assert sentence.startswith(f"{tmp_path}/0.log is truncated or damaged: it was read up to line ")


def test_a_wrong_sum_is_told_though_every_line_was_read(tmp_path: Path) -> None:
    entries, [counts] = read(tmp_path, WHOLE[:-8] + bytes(4) + WHOLE[-4:])

    assert [one.id for one in entries] == IDS
    assert (counts.ended, counts.reached) == (Ended.DAMAGED, 99)


@pytest.mark.parametrize("behind", [40, 200])
def test_lines_before_garbage_are_read_to_the_last(tmp_path: Path, behind: int) -> None:
    at = len(WHOLE) - behind
    whole = _unpacked_before(at).count(b"\n")

    entries, [counts] = read(tmp_path, with_garbage(WHOLE, at))

    assert whole > 10
    assert [one.id for one in entries[:whole]] == IDS[:whole]
    assert counts.ended is Ended.DAMAGED
    assert counts.reached == counts.lines >= whole


@pytest.mark.parametrize("start", range(7))
def test_a_file_that_was_cut_is_read_to_its_last_byte(tmp_path: Path, start: int) -> None:
    content = b"".join(b"%06d %s\n" % (number, b"a" * 200) for number in range(1_500))
    packed = gzip.compress(content)

    for cut in range(20 + start, len(packed), 37):
        member = zlib.decompressobj(31)
        whole = member.decompress(packed[:cut]) + member.flush()
        (tmp_path / "cut.gz").write_bytes(packed[:cut])
        with (tmp_path / "cut.gz").open("rb") as file:
            assert b"".join(_until_damage(Lines(file, Left()))) == whole


def _until_damage(lines: Lines) -> Iterator[bytes]:
    with pytest.raises(DamagedError):
        yield from lines


def _unpacked_before(at: int) -> bytes:
    """What zlib makes of the first bytes, fed one by one."""
    member = zlib.decompressobj(31)
    return b"".join(member.decompress(bytes([one])) for one in WHOLE[:at])


@pytest.mark.parametrize(
    ("behind", "ended"),
    [
        pytest.param(b"", Ended.NO, id="nothing"),
        pytest.param(bytes(600), Ended.NO, id="padding"),
        pytest.param(bytes(9_000) + WHOLE, Ended.NO, id="padding-and-another"),
        pytest.param(WHOLE, Ended.NO, id="another"),
        pytest.param(WHOLE[:-30], Ended.DAMAGED, id="another-that-was-cut"),
        pytest.param(b"hello", Ended.DAMAGED, id="text"),
        pytest.param(WHOLE[:2], Ended.DAMAGED, id="half-a-header"),
    ],
)
def test_files_that_were_joined_are_read_one_after_another(
    tmp_path: Path, behind: bytes, ended: Ended
) -> None:
    entries, [counts] = read(tmp_path, WHOLE + behind)

    assert [one.id for one in entries[:99]] == IDS
    assert (len(entries) > 99) is (len(behind) > 600)
    assert counts.ended is ended


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "no-gzip": lambda _: b"\x1f\x8bnonsense",
    "nothing-behind-the-mark": lambda _: b"\x1f\x8b",
    "cut-in-the-header": lambda whole: whole[:8],
    "cut-behind-the-header": lambda whole: whole[:10],
    "garbage-behind-the-header": lambda whole: with_garbage(whole, 10),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=list(DAMAGES))
@pytest.mark.parametrize("is_first", [True, False])
def test_a_log_of_which_nothing_can_be_read_does_not_end_the_report(
    tmp_path: Path, damage: Callable[[bytes], bytes], *, is_first: bool
) -> None:
    bad, good, page = tmp_path / "bad.gz", tmp_path / "good.log", tmp_path / "page.html"
    bad.write_bytes(damage(WHOLE))
    good.write_text(text_of(line(), run()), encoding="utf-8")

    done = report(*([bad, good] if is_first else [good, bad]), page=page)

    assert done.exit_code == 0
    assert "1 instance" in done.stdout
    sentence = f"{bad} cannot be read: it is not a whole gzip file."
    assert done.stderr.splitlines() == [sentence]
    assert sentence in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "cannot be read: it is not a whole gzip file."),
        ("zh", "它不是完整的 gzip 文件。"),
    ],
)
def test_a_report_of_nothing_but_damage_fails(tmp_path: Path, language: str, told: str) -> None:
    bad = [tmp_path / "a.gz", tmp_path / "b.gz"]
    for path in bad:
        path.write_bytes(WHOLE[:12])

    done = report(*bad, language=language)

    assert done.exit_code == 1
    assert done.stdout == ""
    assert [one.endswith(told) for one in done.stderr.splitlines()] == [True, True]


def test_the_line_of_the_damage_is_that_of_the_file(tmp_path: Path) -> None:
    text = text_of(line()) + "\n\n" + json.dumps(line(id="i-2"), indent=1) + "\n"
    content = gzip.compress(text.encode())

    _, counts = read(tmp_path, content[:-8] + bytes(8))

    assert counts[0].lines == 2
    [sentence] = unread(counts, Words("en"))
    assert sentence.endswith(f"it was read up to line {len(text.splitlines())}.")


def test_a_file_that_cannot_be_read_does_not_end_the_report(tmp_path: Path) -> None:
    (tmp_path / "1.log").write_text(text_of(line()), encoding="utf-8")
    bad = tmp_path / "0.log"
    bad.mkdir()

    source = Source(NOW)
    entries = list(source.entries([bad, tmp_path / "1.log"]))

    assert [one.id for one in entries] == ["i-1"]
    assert list(unread(source.counts, Words("en"))) == [f"{bad} cannot be read: Is a directory."]
