"""The status page in a real browser."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import urljoin

import pytest

from local.ecs.account.model import LockReason, Status
from local.ecs.clock import MANUAL_START, ManualClock
from local.ecs.emulator import Emulator, Options
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import SHANGHAI, DiskSpec, Fleet, InstanceSpec
from local.ecs.gateway.faults import AnyFault, Cut, DroppedTags, GarbledRow, LostPermission
from local.ecs.http.panels import Panel
from local.ecs.ram.caller import Caller
from local.ecs.server import LocalEcs
from tests.harness.browser import CHROMIUM, ILLEGIBLE, Page, browser_page
from tests.harness.desk import emulated

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]
EVIL = '<img src=x onerror="document.title=1">'
CUT_OFF = """
[...document.querySelectorAll("button, input, .state")]
  .filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1
    && getComputedStyle(each).display !== "inline")
  .map((each) => each.textContent || each.name)
"""


def in_browser(emulator: Emulator, walk: Callable[[Page], Awaitable[None]], **view: int) -> None:
    """Open the page of an emulator on a socket and walk through it; it must not complain."""

    async def browse() -> None:
        with LocalEcs(emulator) as ecs:
            async with browser_page() as tab:
                url = urljoin(ecs.url, "/_local/")
                await tab.open(url, view.get("width", 1280), dark=bool(view.get("dark")))
                await walk(tab)
                assert tab.complaints == []

    asyncio.run(browse())


def test_the_page_shows_the_fleet_live_and_escapes_names() -> None:
    emulator = emulated(
        InstanceSpec(EVIL, tags={EVIL: EVIL}, locks=(LockReason.FINANCIAL,)),
        InstanceSpec("web-2", deletion_protection=True),
        InstanceSpec("web-3", status=Status.STOPPED),
    )

    async def walk(tab: Page) -> None:
        await tab.until("document.querySelectorAll('#fleet tr.instance').length === 3")
        name = await tab.evaluate("document.querySelector('#fleet .name').textContent")
        chip = await tab.evaluate("document.querySelector('#fleet .chip').textContent")
        injected = await tab.evaluate("document.querySelectorAll('#fleet img').length")
        emulator.engine.stop(emulator.engine.instances()[1].instance_id)
        await tab.until("document.querySelector('#fleet .Stopping')")
        await tab.until("/^for another \\d s$/.test(document.querySelector('.until').textContent)")
        emulator.engine.release(emulator.engine.instances()[2].instance_id)
        await tab.until("document.querySelector('tr.gone .name').textContent === 'web-3'")

        assert (name, chip, injected) == (EVIL, f"{EVIL}={EVIL}", 0)
        assert await tab.evaluate("document.title") == "ECS emulator"

    in_browser(emulator, walk)


def test_instances_stand_under_their_regions() -> None:
    emulator = emulated(
        InstanceSpec("b", region="cn-shanghai"),
        InstanceSpec("a"),
        InstanceSpec("c", region="cn-shanghai"),
    )

    async def walk(tab: Page) -> None:
        await tab.until("document.querySelectorAll('#fleet tr.instance').length === 3")
        shown = await tab.evaluate(
            """[...document.querySelectorAll("#fleet tbody")].map((each) =>
              [...each.querySelectorAll("th, .name")].map((one) => one.textContent))"""
        )
        await tab.evaluate("document.getElementById('filter').value = 'cn-hangzhou'")
        await tab.evaluate("document.getElementById('filter').dispatchEvent(new Event('input'))")
        filtered = await tab.evaluate("document.querySelectorAll('#fleet tbody').length")

        assert shown == [["cn-hangzhou1 instance", "a"], ["cn-shanghai2 instances", "b", "c"]]
        assert filtered == 1

    in_browser(emulator, walk)


def test_disks_and_security_groups_stand_under_their_regions() -> None:
    kept = DiskSpec(size_gib=200, delete_with_instance=False, name=EVIL)
    emulator = emulated(InstanceSpec("web", data_disks=(kept,)), InstanceSpec("b", region=SHANGHAI))
    table = """(id) => [...document.querySelectorAll(`#${id} tbody`)].map((each) =>
      [...each.querySelectorAll("th, .name")].map((one) => one.textContent))"""

    async def walk(tab: Page) -> None:
        await tab.until("document.querySelectorAll('#disks tr').length === 6")
        disks = await tab.evaluate(f"({table})('disks')")
        groups = await tab.evaluate(f"({table})('groups')")

        system = ["–", "system, 40 GiB", "web", "goes with its instance"]  # noqa: RUF001  # no name
        data = [EVIL, "data, 200 GiB", "web", "stays"]
        assert disks[0] == ["cn-hangzhou2 disks", *system, *data]
        assert [each[0] for each in groups] == ["cn-hangzhou1 group", "cn-shanghai1 group"]
        assert [each[3:] for each in groups] == [["0", "1"], ["0", "1"]]

    in_browser(emulator, walk)


def test_what_can_be_opened_looks_like_it_and_like_its_neighbours() -> None:
    looks = """[...document.querySelectorAll(".more > summary")].map((each) => [
      getComputedStyle(each).paddingLeft, getComputedStyle(each, "::before").content])"""
    neighbour = "getComputedStyle(document.querySelector('section > .head')).paddingLeft"

    async def walk(tab: Page) -> None:
        await tab.until("document.querySelectorAll('#fleet tr.instance').length === 1")
        padding = await tab.evaluate(neighbour)
        assert await tab.evaluate(looks) == [[padding, '"▸"']] * 2
        await tab.evaluate("document.querySelector('.more > summary').click()")
        assert await tab.evaluate(looks) == [[padding, '"▾"'], [padding, '"▸"']]

    in_browser(emulated(InstanceSpec("web-1")), walk)


def test_panels_of_an_embedding_program_are_shown_as_text() -> None:
    rows = [{"From": "bot", "Text": EVIL + "\nsecond line"}]
    panels = (Panel("Chat", lambda: rows), Panel("Mail", tuple, empty="No mail."))
    cells = "[...document.querySelectorAll('#panels td')].map((each) => each.innerText)"

    async def walk(tab: Page) -> None:
        await tab.until("document.querySelectorAll('#panels section').length === 2")
        shown = await tab.evaluate(cells)
        rows.insert(0, {"From": "you", "Text": "thanks"})
        await tab.until("document.querySelectorAll('#panels td').length === 4")

        assert shown == ["bot", EVIL + "\nsecond line"]
        assert await tab.evaluate("document.querySelectorAll('#panels img').length") == 0
        assert await tab.evaluate("document.querySelector('#panels .empty').textContent") == (
            "No mail."
        )

    in_browser(Emulator(Options(panels=panels)), walk)


def test_times_are_in_the_zone_that_is_chosen_with_its_offset() -> None:
    clock = ManualClock()
    release_at = MANUAL_START + timedelta(hours=20)
    fleet = Fleet((InstanceSpec("web", auto_release_at=release_at),))
    emulator = Emulator(Options(build=lambda: Ecs(fleet, clock)))
    emulator.gateway.call("DescribeRegions", {}, Caller())
    shown = """[document.querySelector("#now time"), document.querySelector("#fleet .until"),
      document.querySelector("#requests .mono")].map((each) => each.textContent)"""

    async def walk(tab: Page) -> None:
        await tab.until("document.querySelectorAll('#requests details').length === 1")
        china = await tab.evaluate(shown)
        await tab.evaluate("document.getElementById('zone').value = 'UTC'")
        await tab.evaluate("document.getElementById('zone').dispatchEvent(new Event('change'))")
        await tab.until("document.querySelectorAll('#requests details').length === 1")
        utc = await tab.evaluate(shown)
        await tab.call("Page.navigate", url=await tab.evaluate("location.href"))
        await tab.until(f"{shown}[0].endsWith('+00:00')")

        assert china == [
            "2026-11-23 18:00:00 +08:00",
            "2026-11-24 14:00 +08:00",
            "18:00:00 +08:00",
        ]
        assert utc == ["2026-11-23 10:00:00 +00:00", "2026-11-24 06:00 +00:00", "10:00:00 +00:00"]

    in_browser(emulator, walk)


def test_what_would_not_be_seen_in_a_name_is_shown() -> None:
    name = "a\u202etxt.exe \x1b[31m"
    emulator = emulated(InstanceSpec(name, tags={"curfew\u200b:protect": "实\u2066"}))
    emulator.gateway.call("DescribeInstances", {"InstanceName": name}, Caller())

    async def walk(tab: Page) -> None:
        await tab.until("document.querySelectorAll('#requests details').length === 1")
        await tab.evaluate("document.querySelector('#requests summary').click()")
        await tab.until("document.querySelector('#requests pre').textContent.includes('Code')")
        texts = await tab.evaluate(
            """[".name", ".chip", "#requests .about", "#requests pre"]
              .map((each) => document.querySelector(each).textContent)"""
        )

        assert texts[0] == r"a\u{202e}txt.exe \u{1b}[31m"
        assert texts[1] == r"curfew\u{200b}:protect=实\u{2066}"
        assert r"a\u{202e}txt" in texts[2]
        assert r"a\u{202e}txt" in texts[3]
        assert "\n" in texts[3]

    in_browser(emulator, walk)


def test_what_a_fault_has_done_is_told_in_words() -> None:
    emulator = emulated()
    faults = (
        Cut(action="Stop*"),
        Cut(action="DescribeRegions", skip=9),
        Cut(action="DescribeRegions", skip=1, times=1),
        Cut(action="DescribeRegions"),
        Cut(action="DescribeZones"),
    )
    for fault in faults:
        emulator.gateway.faults.add(fault)
    for action in ("DescribeRegions", "DescribeRegions", "DescribeRegions", "DescribeZones"):
        emulator.gateway.call(action, {}, Caller())

    async def walk(tab: Page) -> None:
        await tab.until("document.querySelectorAll('#faults li').length === 5")
        words = await tab.evaluate(
            "[...document.querySelectorAll('#faults .quiet')].map((each) => each.textContent)"
        )

        assert words == [
            "has matched no request yet",
            "has not struck yet; let 3 requests through",
            "struck once, let 2 requests through; used up",
            "struck 3 times",
            "struck once",
        ]

    in_browser(emulator, walk)


@pytest.mark.parametrize(
    ("kind", "fields", "fault"),
    [
        (
            "garbledrow",
            {"id": "i-1", "field": "Cpu", "value": '{"a": 1}'},
            GarbledRow(id="i-1", field="Cpu", value={"a": 1}, times=1),
        ),
        (
            "garbledrow",
            {"id": "i-1", "field": "Cpu", "value": "many"},
            GarbledRow(id="i-1", field="Cpu", value="many", times=1),
        ),
        ("droppedtags", {"key": "env"}, DroppedTags(key="env", times=1)),
        ("lostpermission", {"empty": ""}, LostPermission(empty=True, times=1)),
        ("lostpermission", {}, LostPermission(times=1)),
    ],
)
def test_a_fault_of_the_form_is_put_in_force(
    kind: str, fields: dict[str, str], fault: AnyFault
) -> None:
    emulator = emulated()

    async def walk(tab: Page) -> None:
        await tab.until("document.querySelector('#now time').textContent.includes(':')")
        form = "document.getElementById('fault-form').elements"
        await tab.evaluate(f"{form}.fault.value = '{kind}'")
        for name, value in fields.items():
            change = f"value = {json.dumps(value)}" if value else "checked = true"
            await tab.evaluate(f"{form}.{name}.{change}")
        await tab.evaluate("document.querySelector('#fault-form button').click()")
        await tab.until("document.querySelectorAll('#faults li').length === 1")

        assert [each.fault for each in emulator.gateway.faults.snapshot()] == [fault]

    in_browser(emulator, walk)


def test_the_buttons_move_the_clock_and_put_faults_in_force() -> None:
    emulator = emulated(InstanceSpec("web-1"))
    engine = emulator.engine
    before = engine.clock.now()

    async def walk(tab: Page) -> None:
        await tab.until("document.querySelector('#now time').textContent.endsWith('+08:00')")
        await tab.evaluate("document.querySelector('[data-advance=\"3600\"]').click()")
        await tab.evaluate("document.getElementById('speed').value = 60")
        await tab.evaluate("document.querySelector('#speed-form button').click()")
        await tab.until("document.getElementById('pace').textContent === '60 times as fast'")
        assert engine.clock.now() - before > timedelta(hours=1)

        await tab.evaluate("document.forms[1].elements.action.value = 'Stop*'")
        await tab.evaluate("document.querySelector('#fault-form button').click()")
        await tab.until("document.querySelectorAll('#faults li').length === 1")
        answer = emulator.gateway.call("StopInstance", {"RegionId": "cn-hangzhou"}, Caller())
        struck = "document.querySelector('#faults .quiet').textContent === 'struck once; used up'"
        await tab.until(struck)
        await tab.until("document.querySelectorAll('#requests details').length === 1")
        assert answer.code == "Throttling.User"

        await tab.evaluate("document.querySelector('#requests summary').click()")
        await tab.until("document.querySelector('#requests pre').textContent.includes('HostId')")
        await tab.evaluate("document.querySelector('#faults button').click()")
        await tab.until("document.querySelectorAll('#faults li').length === 0")
        assert emulator.gateway.faults.snapshot() == ()

    in_browser(emulator, walk)


def test_a_refusal_is_shown_where_it_was_caused() -> None:
    async def walk(tab: Page) -> None:
        await tab.until("document.querySelector('#now time').textContent.endsWith('+08:00')")
        hidden = await tab.evaluate("document.getElementById('speed-form').hidden")
        await tab.evaluate("act('clock-error', 'POST', 'clock', {speed: 2})")
        shown = await tab.evaluate("document.getElementById('clock-error').textContent")

        assert hidden
        assert shown == "this clock is only moved by hand and has no speed"
        tab.complaints.clear()  # the browser reports the status 409

    in_browser(Emulator(Options(build=lambda: Ecs(Fleet(), ManualClock()))), walk)


@pytest.mark.parametrize("dark", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_fits_its_width_and_can_be_read(width: int, dark: int) -> None:
    emulator = Emulator()
    emulator.engine.add(InstanceSpec("w" * 120, tags={"k" * 100: "v" * 100}))
    first = emulator.engine.instances()[0].instance_id
    emulator.gateway.faults.add(Cut(action="Reboot*"))
    emulator.gateway.call("StopInstance", {"InstanceId": first}, Caller())
    emulator.gateway.call("StopInstance", {"InstanceId": "i-" + "x" * 200}, Caller())

    async def walk(tab: Page) -> None:
        await tab.until("document.querySelectorAll('#fleet tr.instance').length > 20")
        await tab.until("document.querySelectorAll('#requests details').length === 2")
        assert await tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await tab.evaluate(ILLEGIBLE) == []
        assert await tab.evaluate(CUT_OFF) == []
        assert await tab.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is bool(
            dark
        )

    in_browser(emulator, walk, width=width, dark=dark)


def test_every_control_has_a_name_and_takes_the_focus() -> None:
    async def walk(tab: Page) -> None:
        await tab.until("document.querySelectorAll('#fleet tr.instance').length === 1")
        nameless = await tab.evaluate(
            """[...document.querySelectorAll("button, input, select")].filter((each) =>
              !(each.textContent.trim() && each.tagName === "BUTTON")
              && !each.labels?.length && !each.ariaLabel).length"""
        )
        skipped = await tab.evaluate("document.querySelectorAll('[tabindex=\"-1\"]').length")
        assert (nameless, skipped) == (0, 0)

    in_browser(emulated(InstanceSpec("web-1")), walk)
