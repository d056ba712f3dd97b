"""The file that report writes: never a log's place, and whole or not at all."""

from __future__ import annotations

import errno
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from local.cli import report as command
from local.report import page as pages
from local.report.reading import Left
from local.report.source import Source
from tests.local.cli.test_report import report
from tests.local.report.lines import line, run, started, text_of

TEXT = text_of(line(), started(), run())


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "night.log"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["itself", "relative", "symbolic", "hard", "dotted", "in-a-link"])
def test_a_page_takes_no_logs_place(
    log: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "symbolic").symlink_to(log)
    os.link(log, tmp_path / "hard")
    target = {
        "itself": log,
        "relative": "night.log",
        "dotted": f"../{tmp_path.name}/./night.log",
        "in-a-link": "link/night.log",
    }.get(name, name)
    other = tmp_path / "other.log"
    other.write_text(TEXT, encoding="utf-8")

    done = report(other, log, "--html", target)

    assert done.exit_code == 2
    assert f"is the log {log}" in " ".join(done.stderr.split()).replace("- ", "")
    assert log.read_text("utf-8") == TEXT


def test_a_page_takes_the_place_of_an_older_one(log: Path, tmp_path: Path) -> None:
    page = tmp_path / "night.html"
    page.write_text("old " * 100_000)

    with page.open() as whoever_reads_it:
        assert report(log, "--html", page).exit_code == 0
        assert whoever_reads_it.read() == "old " * 100_000

    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert "old old" not in page.read_text("utf-8")
    assert page.stat().st_mode & 0o777 == log.stat().st_mode & 0o777


@pytest.mark.parametrize("mode", [0o600, 0o664, 0o444])
def test_whoever_may_read_a_page_may_read_the_next_one(
    log: Path, tmp_path: Path, mode: int
) -> None:
    page = tmp_path / "night.html"
    page.touch()
    page.chmod(mode)

    assert report(log, "--html", page).exit_code == 0

    assert page.stat().st_mode & 0o777 == mode
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_page_that_is_a_link_is_written_where_it_leads(log: Path, tmp_path: Path) -> None:
    page, link = tmp_path / "night.html", tmp_path / "latest.html"
    link.symlink_to(page)

    report(log, "--html", link)

    assert link.is_symlink()
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_page_is_written_though_nobody_reads_the_table_to_its_end(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def show(*_: object) -> None:
        raise BrokenPipeError(errno.EPIPE, "as of head")

    monkeypatch.setattr(command, "show", show)

    assert report(log, "--html", tmp_path / "night.html").exit_code == 1
    assert (tmp_path / "night.html").read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_page_may_go_to_what_is_no_file(log: Path) -> None:
    assert report(log, "--html", "/dev/null").exit_code == 0
    assert not Path("/dev/null").is_file()


def test_a_page_that_fails_half_way_leaves_the_older_one(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "night.html"
    page.write_text("old")
    written = Path.write_text

    def half(self: Path, text: str, encoding: str | None = None) -> int:
        written(self, text[:100], encoding)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half)

    done = report(log, "--html", page)

    assert done.exit_code == 1
    assert "No space left on device" in done.stderr
    assert page.read_text() == "old"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["night.html", "night.log"]


def test_a_run_of_tomorrow_is_told_and_ends_no_page(log: Path, tmp_path: Path) -> None:
    page = tmp_path / "night.html"
    ahead = (datetime.now(timezone.utc) + timedelta(days=1)).isoformat()
    log.write_text(TEXT + text_of(line(id="i-2", seen_at=ahead)), encoding="utf-8")

    done = report(log, "--html", page)

    assert "lines dated in the future were left out: 1." in done.stderr
    assert "1 instance" in done.stdout
    assert "23 to 24 November 2020" in page.read_text("utf-8")
    assert "dated in the future" in page.read_text("utf-8")


@pytest.mark.parametrize("others", ["", "FC Invoke Start\n"])
def test_a_log_of_tomorrow_alone_is_no_log_of_others(log: Path, others: str) -> None:
    ahead = (datetime.now(timezone.utc) + timedelta(days=1)).isoformat()
    log.write_text(others + text_of(line(seen_at=ahead)), encoding="utf-8")

    done = report(log)

    assert done.exit_code == 1
    assert "dated in the future" in done.stderr
    assert "expected the log of a run" not in done.stderr


def test_files_that_were_not_read_are_not_said_to_be_empty(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.cli.report.Source", lambda now: Source(now, Left(rows=4)))

    done = report(log, log, log)

    assert done.exit_code == 0
    assert "is empty" not in done.stderr
    assert "Files that were not read at all: 1" in done.stderr


def test_thousands_of_files_do_not_swell_a_page(log: Path, tmp_path: Path) -> None:
    page = tmp_path / "night.html"

    done = report(*[log] * 300, "--html", page)

    assert done.exit_code == 0
    assert page.read_text("utf-8").count(str(log)) == pages.MOST_FILES
    assert "and 200 more files" in page.read_text("utf-8")
