"""Files to lines: every form in which a log comes, and whatever else somebody may point at."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.report.entry import Entry
from local.report.source import Counts, Ended, Source
from tests.local.report.lines import EVENING, PREFIX, line, run, text_of

NOW = datetime(2020, 11, 26, tzinfo=timezone.utc)
STOPPED, RUN = json.dumps(line()), json.dumps(run())
REPORT = {
    "action": "stop",
    "request_id": "1-66aa",
    "dry_run": False,
    "outcome": "complete",
    "counts": {"changed": 1},
    "warnings": ["i-9 in cn-hangzhou cannot be read"],
    "ended_at": EVENING,
    "instances": [{key: line()[key] for key in list(line())[7:18]}],
}


def read(folder: Path, content: bytes) -> tuple[list[Entry], Counts]:
    path = folder / "a.log"
    path.write_bytes(content)
    source = Source(NOW)
    entries = list(source.entries([path]))
    [counts] = source.counts
    return entries, counts


def csv_of(*messages: str, separator: str = ",") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    writer.writerow(["__time__", "message"])
    writer.writerows([1606000000, one] for one in messages)
    return out.getvalue()


FORMS: dict[str, str] = {
    "plain": f"{STOPPED}\n{RUN}\n",
    "no-last-newline": f"{STOPPED}\r\n\n{RUN}",
    "bom": f"\ufeff{STOPPED}\n{RUN}\n",
    "function-compute": f"{PREFIX}{STOPPED}\n{PREFIX}{RUN}\n",
    "log-service": "\n".join(
        json.dumps({"__time__": time, "__topic__": "FCLogs:stop", "message": PREFIX + one})
        for time, one in ((1606000000, STOPPED), ("1606000001", RUN))
    ),
    "list-of-rows": json.dumps([{"message": PREFIX + one} for one in (STOPPED, RUN)], indent=1),
    "list-on-one-line": json.dumps([{"message": PREFIX + one} for one in (STOPPED, RUN)]),
    "csv": csv_of(PREFIX + STOPPED, PREFIX + RUN),
    "csv-of-one-column": 'message\r\n"'
    + '"\r\n"'.join(one.replace('"', '""') for one in (STOPPED, RUN))
    + '"\r\n',
    "csv-of-content": csv_of(PREFIX + STOPPED, PREFIX + RUN).replace("message", "content", 1),
    "list-of-rows-crlf": json.dumps([{"message": one} for one in (STOPPED, RUN)], indent=2).replace(
        "\n", "\r\n"
    ),
    "list-a-row-a-line": f"[{json.dumps({'content': STOPPED})},\n {json.dumps({'content': RUN})}]",
    "content-not-as-text": "\n".join(
        json.dumps({"__time__": 1606000000, "content": one}) for one in (line(), run())
    ),
    "indented": "\n".join(json.dumps(one, indent=4) for one in (line(), run())),
    "other-order": "\n".join(
        json.dumps({"__time__": 1606000000, **dict(reversed(one.items()))})
        for one in (line(), run())
    ),
    "rows-in-content": "\n".join(
        json.dumps({"content": json.dumps({"__time__": 1606000000, "message": PREFIX + one})})
        for one in (STOPPED, RUN)
    ),
    "page-of-rows": json.dumps(
        {"meta": {"count": 2}, "data": [{"message": PREFIX + one} for one in (STOPPED, RUN)]},
        indent=2,
    ),
    "older-page-of-rows": json.dumps({"logs": [{"content": one} for one in (STOPPED, RUN)]}),
    "tabs": csv_of(STOPPED, RUN, separator="\t"),
    "semicolons": csv_of(STOPPED, RUN, separator=";"),
    "docker": "\n".join(json.dumps({"log": f"{one}\n", "stream": "x"}) for one in (STOPPED, RUN)),
    "coloured": f"\x1b[32m{STOPPED}\x1b[0m\n\x1b[32m{RUN}\x1b[0m\n",
    "syslog": f"<134>1 host fc - - - {STOPPED}\n<134>1 host fc - - - {RUN}\n",
    "files-joined": f"\ufeff{STOPPED}\n\ufeff{RUN}\n",
    "text-and-documents": f"{STOPPED}\n{json.dumps(run(), indent=2)}\n",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=list(FORMS))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("is_gzip", [False, True], ids=["", "gzip"])
def test_a_log_is_understood_in_all_its_forms(
    tmp_path: Path, text: str, encoding: str, *, is_gzip: bool
) -> None:
    content = gzip.compress(text.encode(encoding)) if is_gzip else text.encode(encoding)

    entries, counts = read(tmp_path, content)

    assert [(one.log, one.id, one.stopped_mode, one.seen_at) for one in entries] == [
        ("instance", "i-1", "StopCharging", EVENING),
        ("run", "", "", ""),
    ]
    assert (counts.lines, counts.read, counts.foreign, counts.broken) == (2, 2, 0, 0)


ANSWERS: dict[str, Any] = {
    "report": REPORT,
    "list": {"outcome": "complete", "reports": [REPORT]},
    "error": {
        "errorType": "Incomplete",
        "errorMessage": f"stop: 1 failed {{}} {json.dumps(REPORT)}",
    },
    "http": {"statusCode": 200, "headers": {}, "body": json.dumps(REPORT)},
    "http-error": {"statusCode": 500, "body": json.dumps({"errorType": "X", "report": REPORT})},
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=list(ANSWERS))
@pytest.mark.parametrize("indent", [None, 2], ids=["one-line", "indented"])
def test_an_answer_is_understood_in_all_its_forms(
    tmp_path: Path, answer: object, indent: int | None
) -> None:
    entries, counts = read(tmp_path, json.dumps(answer, indent=indent).encode())

    assert [(one.log, one.id, one.seen_at, one.message) for one in entries] == [
        ("instance", "i-1", EVENING, ""),
        ("warning", "", "", "i-9 in cn-hangzhou cannot be read"),
        ("run", "", "", ""),
    ]
    assert (counts.lines, counts.read) == (1, 1)


def test_answers_one_after_another_are_all_read(tmp_path: Path) -> None:
    answers = "".join(json.dumps(one, indent=4) + "\n" for one in (REPORT, REPORT))

    entries, counts = read(tmp_path, f"{answers}{{\n  cut".encode())

    assert [one.log for one in entries] == ["instance", "warning", "run"] * 2
    assert (counts.lines, counts.read, counts.broken) == (3, 2, 1)


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        pytest.param(b"", (0, 0, 0), id="empty"),
        pytest.param(b"\n \n", (0, 0, 0), id="blank"),
        pytest.param(b"192.0.2.1 - - GET / 200\nok\n", (2, 2, 0), id="another-tool"),
        pytest.param(b"[INFO] hello\n[INFO] world\n", (2, 2, 0), id="brackets"),
        pytest.param(b'{"log": "stdout", "stream": 1}\n', (1, 1, 0), id="another-log"),
        pytest.param(b'{"level": "info"}\n[1]\n"x"\n', (3, 3, 0), id="other-json"),
        pytest.param(STOPPED[:200].encode(), (1, 0, 1), id="cut"),
        pytest.param(PREFIX.encode() + STOPPED[:200].encode(), (1, 0, 1), id="cut-prefixed"),
        pytest.param(b'{"log": "run", "tags": 1}', (1, 0, 1), id="another-type"),
        pytest.param(json.dumps({"message": STOPPED[:90]}).encode(), (1, 0, 1), id="cut-row"),
        pytest.param(b"{\n  no\n", (1, 0, 1), id="no-document"),
        pytest.param(b"{" * 100_000, (1, 1, 0), id="deep"),
        pytest.param(b'{"log":' * 50_000, (1, 0, 1), id="deep-log"),
        pytest.param(b'{"data":[' * 900 + b"1" + b"]}" * 900, (1, 1, 0), id="deep-pages"),
        pytest.param(b'{"data":[1,2,"x",[],{}]}', (5, 5, 0), id="other-page"),
        pytest.param(b"\xfe\x00\n\x80", (2, 2, 0), id="bytes"),
    ],
)
def test_what_no_run_wrote_is_counted(
    tmp_path: Path, content: bytes, numbers: tuple[int, int, int]
) -> None:
    entries, counts = read(tmp_path, content)

    assert entries == []
    assert (counts.lines, counts.foreign, counts.broken) == numbers


def test_lines_of_others_between_ours_are_left_out(tmp_path: Path) -> None:
    text = f"FC Invoke Start\n{PREFIX}{STOPPED}\nhello\n{STOPPED[:99]}\n{RUN}\n"

    entries, counts = read(tmp_path, text.encode())

    assert [one.log for one in entries] == ["instance", "run"]
    assert (counts.lines, counts.read, counts.foreign, counts.broken) == (5, 2, 2, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030"])
def test_a_chinese_name_is_read_in_any_encoding_that_people_have(
    tmp_path: Path, encoding: str
) -> None:
    named = json.dumps(line(name="测试刓-1"), ensure_ascii=False)

    for text in (f"{named}\n{RUN}\n", csv_of(named, RUN)):
        entries, _ = read(tmp_path, text.encode(encoding))
        assert [one.name for one in entries] == ["测试刓-1", ""]


def test_what_is_wrapped_again_and_again_is_nobodys(tmp_path: Path) -> None:
    text = STOPPED
    for _ in range(6):
        text = json.dumps({"message": text})

    entries, counts = read(tmp_path, text.encode())

    assert (entries, counts.lines, counts.foreign) == ([], 1, 1)


@pytest.mark.parametrize("indent", [None, 2], ids=["one-line", "indented"])
def test_what_follows_a_document_that_was_cut_is_read(tmp_path: Path, indent: int | None) -> None:
    cut = json.dumps(REPORT, indent=2)[:150]
    whole = json.dumps(REPORT, indent=indent)

    entries, counts = read(tmp_path, f"{cut}\n{STOPPED}\nhello\n{cut}\n{whole}\n".encode())

    assert [one.log for one in entries] == ["instance", "instance", "warning", "run"]
    assert (counts.read, counts.broken) == (2, 2)


def test_what_follows_a_row_that_cannot_be_read_is_read(tmp_path: Path) -> None:
    table = csv_of(STOPPED, RUN).splitlines(keepends=True)
    huge = f'1606000000,"{"x" * 5_000_000}"\r\n'

    entries, counts = read(tmp_path, "".join([*table[:2], huge, *table[2:]]).encode())

    assert [one.log for one in entries] == ["instance", "run"]
    assert (counts.lines, counts.read, counts.too_long) == (3, 2, 1)


@pytest.mark.parametrize("first", ["an error message, or not", "message: hello", "[INFO] message"])
def test_a_text_about_messages_is_no_table(tmp_path: Path, first: str) -> None:
    entries, _ = read(tmp_path, f"{first}\n{PREFIX}{STOPPED}\n{RUN}\n".encode())

    assert [one.log for one in entries] == ["instance", "run"]


def test_lines_of_older_versions_have_the_time_of_the_log(tmp_path: Path) -> None:
    old = json.dumps({key: value for key, value in line().items() if key != "seen_at"})
    row = json.dumps({"__time__": 1606000000, "message": old})

    entries, _ = read(tmp_path, f"{PREFIX}{old}\n{row}\n{old}\n".encode())

    assert [one.logged_at[:19] for one in entries][:2] == ["2020-11-23T12:00:31", "1606000000"]


@given(st.binary(max_size=300), st.integers(0, 300))
def test_nothing_in_a_file_raises(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int
) -> None:
    content = text_of(line()).encode()
    folder = tmp_path_factory.mktemp("noise")
    read(folder, content[:at] + noise + content[at:])

    _, counts = read(folder, noise)

    assert counts.ended is Ended.NO or noise.startswith(b"\x1f\x8b")
