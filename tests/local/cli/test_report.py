"""The command report: a table, a page, and sentences for whatever is not a log."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from local.cli.main import group
from local.fc.context import CODE
from local.report import words
from tests.local.report.lines import line, run, started, text_of

EVIL = "x\u202e</style><script>alert(1)</script>{{ 7 * 7 }}\x1b[31m"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "night.log"
    priced = line(action="describe", list_price={"hour": 0.7, "ends": 0.6, "currency": "CNY"})
    path.write_text(text_of(line(), priced, started(), run()), encoding="utf-8")
    return path


def report(*arguments: object, language: str = "en") -> Result:
    variables = {"CURFEW_LANGUAGE": language, "COLUMNS": "100"}
    return CliRunner().invoke(group, ["report", *map(str, arguments)], env=variables)


def test_the_table_says_hours_and_money_by_day_and_owner(log: Path) -> None:
    done = report(log)

    assert done.exit_code == 0
    told = " ".join(done.stdout.split())
    assert "1 instance · 12 hours avoided · CNY 7.50 at list price · 1 run " in told
    assert "Mon 23 Nov" in told
    assert "li.na 1 12 CNY 7.50" in told


def test_without_prices_there_is_no_column_for_money(log: Path) -> None:
    log.write_text(text_of(line(), started(), run()), encoding="utf-8")

    assert "at list price" not in report(log).stdout


def test_the_last_days_alone(log: Path) -> None:
    assert "Mon 23 Nov" not in report(log, "--days", 1).stdout


def test_it_speaks_chinese(log: Path) -> None:
    assert (
        "1 台实例 · 节省 12 个运行小时 · 按目录价 CNY 7.50" in report(log, language="zh_CN").stdout
    )
    assert "节省的运行小时" in report(log, "--language", "zh").stdout


@pytest.mark.parametrize(
    ("content", "told", "chinese"),
    [
        pytest.param("", "is empty: expected the log of a run", "是空文件", id="empty"),
        pytest.param(
            "hello\nworld\n", "none of its 2 lines is Curfew's", "都不是 Curfew 写的", id="foreign"
        ),
        pytest.param("hello\n", "its 1 line is not Curfew's", "不是 Curfew 写的", id="one"),
        pytest.param(text_of(line())[:99], "no run can be read", "没有可以读取的", id="broken"),
    ],
)
def test_what_is_no_log_is_told_in_a_sentence(
    tmp_path: Path, content: str, told: str, chinese: str
) -> None:
    path = tmp_path / "a.log"
    path.write_text(content, encoding="utf-8")

    done = report(path)

    assert done.exit_code == 1
    assert told in done.stderr
    assert "Traceback" not in done.output
    assert chinese in report(path, language="zh_CN").stderr


def test_a_broken_line_does_not_keep_the_rest_from_being_told(log: Path) -> None:
    log.write_text(log.read_text("utf-8") + text_of(line())[:99], encoding="utf-8")

    done = report(log)

    assert done.exit_code == 0
    assert "1 of 5 lines cannot be read" in done.stderr


def test_lines_of_others_are_counted(log: Path) -> None:
    log.write_text(log.read_text("utf-8") + "FC Invoke Start\nhello\n", encoding="utf-8")

    assert f"{log}: 2 of 6 lines were left out: other programs wrote them." in report(log).stderr
    assert "由其他程序写入" in report(log, language="zh_CN").stderr


def test_the_same_log_twice_is_the_same_log(log: Path) -> None:
    assert report(log, log).stdout == report(log).stdout


def test_a_broken_gzip_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(b"\x1f\x8bnonsense")

    done = report(path)

    assert done.exit_code == 1
    assert "cannot be read" in done.stderr


def test_names_are_shown_and_not_acted_upon(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    hostile = {"name": EVIL, "reason": EVIL, "tags": {EVIL: EVIL}, "result": "failed"}
    path.write_text(text_of(line(**hostile)), encoding="utf-8")

    done = report(path)

    assert done.exit_code == 0
    assert not set(done.stdout) & {"\u202e", "\x1b"}
    assert r"\u202e" in done.stdout


@pytest.mark.parametrize(("language", "page"), [("en", "report.md"), ("zh", "report.zh-CN.md")])
def test_page_and_docs_have_one_title(language: str, page: str) -> None:
    text = (CODE / "docs" / page).read_text("utf-8")

    assert text.startswith(f"# {words.Words(language)('title')}\n")


def test_every_word_is_there_in_both_languages_with_the_same_gaps() -> None:
    texts = yaml.safe_load(Path(words.__file__).with_name("words.yaml").read_text("utf-8"))

    assert len(texts) > 20
    for word, both in texts.items():
        assert isinstance(word, str)
        english, chinese = both
        assert english.count("{}") == chinese.count("{}"), word
        assert english
        assert chinese


def test_a_page_that_cannot_be_written_is_a_sentence(log: Path, tmp_path: Path) -> None:
    result = report(log, "--html", tmp_path / "none" / "night.html")

    assert result.exit_code == 1
    assert "No such file or directory" in result.output


@pytest.mark.parametrize("seen_at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_time_of_no_run_is_none(tmp_path: Path, seen_at: str) -> None:
    path = tmp_path / "odd.log"
    path.write_text(text_of(line(), line(id="i-odd", seen_at=seen_at), run()))

    result = report(path)

    assert result.exit_code == 0
    assert "Traceback" not in result.output


@pytest.mark.parametrize("ends", [-5, 1e308])
def test_a_price_that_is_none_makes_no_money(tmp_path: Path, ends: float) -> None:
    path = tmp_path / "odd.log"
    price = {"hour": ends, "ends": ends, "currency": "CNY"}
    path.write_text(text_of(line(list_price=price), started(), run()))

    assert "CNY" not in report(path).output


def test_a_table_with_a_broken_first_line_is_told_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(b"message,\ra\nx\n")

    result = report(path)

    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
