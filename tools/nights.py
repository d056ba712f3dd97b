"""Three weeks of a made-up fleet, played on the emulator: the log of its runs, and a picture of it.

``python -m tools.nights LOG`` writes the log; ``make pictures`` makes ``docs/report.png`` and
``docs/report.zh-CN.png`` of it with the Chromium that is installed. Clock, fleet and people are
made up, and chance has a seed: the same every time, but for the ids of requests.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from shutil import which
from tempfile import TemporaryDirectory

from local.ecs.account.model import ChargeType, SpotStrategy, Status
from local.ecs.fleet.fleet import DiskSpec, Fleet, InstanceSpec
from local.ecs.gateway.faults import Refuse
from local.fc.deployment import PLAIN, Stage, emulated
from local.fc.pace import PacedClock
from local.fc.trigger_events import timer
from local.report.night import Gathering
from local.report.page import render
from local.report.source import Source
from local.report.words import Words
from shared.base.times import CHINA

DOCS = Path(__file__).resolve().parents[1] / "docs"
FIRST = datetime(2026, 11, 2, 7, 0, tzinfo=CHINA)
DAYS = 19
NO_STOCK = 9
OVERTIME = 0.6
SATURDAY = 5
SEED = 11
SHOWN = 12
PROBE = """<!DOCTYPE html><meta charset="utf-8"><p></p><script>
const drawn = (text) => {
  const canvas = document.createElement("canvas"), context = canvas.getContext("2d");
  context.font = "40px sans-serif";
  context.fillText(text, 10, 60);
  return canvas.toDataURL();
};
document.querySelector("p").textContent = drawn("报") === drawn("告") ? "boxes" : "legible";
</script>"""
"""Two Chinese characters look alike if no font has them: both are boxes."""

SIZE = "1180,1060"
SPEED = 1e6
"""Seconds of the emulator's that pass in one of ours."""

VARIABLES = {"CURFEW_SHOW_TAGS": "owner,team"}
STAGE = {"stage": "dev"}
OWNERS: Mapping[str, tuple[str, str, int]] = {
    "li.na": ("web", "ecs.c7.xlarge", 9),
    "wang.wei": ("web", "ecs.g7.large", 6),
    "chen.jie": ("data", "ecs.r7.2xlarge", 5),
    "zhao.min": ("mobile", "ecs.g7.xlarge", 7),
    "sun.li": ("mobile", "ecs.c7.large", 8),
}
PICTURES = {"en": "report.png", "zh": "report.zh-CN.png"}


def fleet() -> Fleet:
    """Machines of five people, and the odd ones that every fleet has."""
    ordinary = (
        InstanceSpec(
            f"{team}-{owner.partition('.')[0]}-{number}",
            instance_type=kind,
            system_disk=DiskSpec(size_gib=40, category="cloud_essd"),
            status=Status.STOPPED if number == 1 else Status.RUNNING,
            tags={**STAGE, "owner": owner, "team": team},
        )
        for owner, (team, kind, number_of) in OWNERS.items()
        for number in range(1, number_of + 1)
    )
    return Fleet((*ordinary, *_odd_ones()))


def _odd_ones() -> Iterator[InstanceSpec]:
    def odd(name: str, tags: Mapping[str, str]) -> InstanceSpec:
        disk = DiskSpec(size_gib=40, category="cloud_essd")
        return InstanceSpec(name, system_disk=disk, tags={**STAGE, **tags})

    yield odd("license-server", {"team": "web", "curfew:protect": "licences"})
    yield odd("load-test", {"owner": "sun.li", "team": "mobile", "curfew:keep-until": "2026-11-13"})
    yield odd("benchmark", {"owner": "li.na", "team": "web", "curfew:keep-until": "next friday"})
    yield odd(
        "demo-booth", {"owner": "zhao.min", "team": "mobile", "curfew:keepuntil": "2026-12-01"}
    )
    spot = odd("spot-worker", {"owner": "chen.jie", "team": "data"})
    yield replace(spot, spot_strategy=SpotStrategy.AS_PRICE_GOES)
    yield replace(odd("wiki", {"team": "web"}), charge_type=ChargeType.PRE_PAID)
    yield replace(
        odd("ssd-cache", {"owner": "chen.jie", "team": "data"}), instance_type="ecs.i3.xlarge"
    )
    kept = DiskSpec(size_gib=200, delete_with_instance=False)
    yield replace(odd("old-import", {"owner": "chen.jie", "team": "data"}), data_disks=(kept,))


def play(days: int = DAYS) -> bytes:
    """The log of the runs of the first days, as Function Compute writes it."""
    log, dice = io.StringIO(), Random(SEED)  # noqa: S311  # a play
    clock = PacedClock(FIRST, SPEED)
    with emulated(clock, fleet(), replace(PLAIN, environ=VARIABLES)) as stage:
        for number in range(days):
            day = FIRST.date() + timedelta(days=number)
            for at, act, request in _program(day, dice):
                moment = datetime.combine(day, at, tzinfo=CHINA)
                clock.advance(max(moment - clock.now(), timedelta(0)))
                if act == "overtime":
                    _overtime(stage, dice)
                else:
                    stage.deployment.invoke(act, timer(request, moment), log)
            stage.server.gateway.faults.clear()
            if number == NO_STOCK:
                stage.server.gateway.faults.add(_no_stock())
    return log.getvalue().encode()


def _no_stock() -> Refuse:
    """Starts that ECS refuses until few instances are left to be started."""
    return Refuse(action="StartInstances", status=403, code="OperationDenied.NoStock", times=7)


def _program(day: date, dice: Random) -> Iterator[tuple[time, str, dict[str, object]]]:
    """What happens on a day, in order; nobody stops what runs through a weekend."""
    if day.weekday() < SATURDAY:
        yield time(8, 30), "start", {"tags": STAGE}
        yield time(12, 0), "describe", {"tags": STAGE, "prices": True}
        yield time(20, 0), "stop", {"tags": STAGE, "stopped_mode": "StopCharging"}
    if dice.random() < OVERTIME:
        yield time(21, dice.randrange(60)), "overtime", {}
    yield time(23, 30), "describe", {"tags": STAGE}
    if day == FIRST.date() + timedelta(days=DAYS - 2):
        yield time(23, 40), "release", {"name": "old-import", "dry_run": False, "snapshot": False}


def _overtime(stage: Stage, dice: Random) -> None:
    """Somebody starts some machines by hand."""
    off = [one for one in stage.engine.instances() if one.status is Status.STOPPED]
    for one in dice.sample(off, min(len(off), dice.randrange(2, 9))):
        stage.engine.start(one.instance_id)


def browser() -> str:
    """Chromium, which can show Chinese; ends the program if there is none."""
    found = which("chromium") or which("chrome")
    if not found:
        raise SystemExit("the pictures need Chromium: install the Debian package chromium")
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        page = Path(folder) / "probe.html"
        page.write_text(PROBE, encoding="utf-8")
        if "<p>legible</p>" not in _run(found, folder, "--dump-dom", page.as_uri()):
            raise SystemExit(
                "the pictures need a Chinese font: install the Debian package fonts-noto-cjk"
            )
    return found


def _run(program: str, folder: str, *arguments: str) -> str:
    """What Chromium prints, with a profile of its own."""
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command = [program, *flags, f"--user-data-dir={folder}/profile", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  # the browser
    return done.stdout


def picture(program: str, log: Path, language: str, target: Path) -> None:
    """Make a PNG of the page that the log gives."""
    source, gathering, words = Source(FIRST + timedelta(days=DAYS)), Gathering(), Words(language)
    for entry in source.entries([log]):
        gathering.add(entry)
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        page = Path(folder) / "night.html"
        page.write_text(
            render(gathering.night(CHINA, SHOWN), words, source.counts), encoding="utf-8"
        )
        _run(program, folder, f"--window-size={SIZE}", f"--screenshot={target}", page.as_uri())


def main(arguments: Sequence[str]) -> None:
    """Write the log, and with ``--pictures`` the pictures of the docs."""
    if arguments == ["--pictures"]:
        program = browser()
        with TemporaryDirectory() as folder:
            log = Path(folder) / "curfew.log"
            log.write_bytes(play())
            for language, name in PICTURES.items():
                picture(program, log, language, DOCS / name)
    elif len(arguments) == 1:
        Path(arguments[0]).write_bytes(play())
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
