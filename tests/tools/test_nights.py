"""The made-up nights: runs of the real functions, of which a report has everything to tell."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from local.report.night import Gathering, Night
from local.report.source import Source
from shared.base.times import CHINA
from tests.harness.browser import CHROMIUM
from tools.nights import FIRST, PICTURES, main, play

DOCS = Path(__file__).parents[2] / "docs"


def played(folder: Path) -> Night:
    log = folder / "nights.log"
    log.write_bytes(play(days=3))
    source, gathering = Source(FIRST + timedelta(days=30)), Gathering()
    for entry in source.entries([log]):
        gathering.add(entry)
    [counts] = source.counts
    assert counts.broken == 0
    return gathering.night(CHINA, 30)


def test_a_report_on_real_runs_has_hours_money_owners_and_guards(tmp_path: Path) -> None:
    night = played(tmp_path)

    assert [one.date for one in night.days] == [date(2026, 11, day) for day in (2, 3, 4)]
    assert date(2026, 11, 2) == FIRST.date()
    assert all(one.saving.minutes > 60 * 60 for one in night.days)
    assert set(night.total.money) == {"CNY"}
    assert {"owner", "team"} == set(night.groups)
    assert {one.value for one in night.groups["team"]} == {"web", "data", "mobile"}
    assert {name for one in night.unread for name in one.names} == {"benchmark", "demo-booth"}
    assert "license-server" in {name for one in night.guarded for name in one.names}
    assert {name for one in night.billed for name in one.names} == {"ssd-cache"}
    assert night.runs == {"complete": 12}
    assert night.untimed == 0


def test_without_a_browser_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(SystemExit, match="install the Debian package chromium"):
        main(["--pictures"])


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
def test_without_a_chinese_font_no_picture_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fonts = tmp_path / "fonts.conf"
    fonts.write_text(f"<fontconfig><dir>{tmp_path}</dir></fontconfig>", encoding="utf-8")
    before = {name: (DOCS / name).stat().st_mtime_ns for name in PICTURES.values()}
    monkeypatch.setenv("FONTCONFIG_FILE", str(fonts))

    with pytest.raises(SystemExit, match="install the Debian package fonts-noto-cjk"):
        main(["--pictures"])

    assert before == {name: (DOCS / name).stat().st_mtime_ns for name in PICTURES.values()}


def test_the_pages_show_the_pictures() -> None:
    for name in PICTURES.values():
        page = DOCS / Path(name).with_suffix(".md")

        assert f"]({name})" in page.read_text("utf-8")
        assert (DOCS / name).read_bytes().startswith(b"\x89PNG")
        assert (DOCS / name).stat().st_size < 200_000
