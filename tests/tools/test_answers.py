"""Recorded answers held against the emulator; the recordings here are made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.ecs.engine import Caller
from local.ecs.fleet.fleet import InstanceSpec
from tests.docs.pages import tables
from tests.harness.desk import Desk
from tools.answers.__main__ import main
from tools.answers.argued import ARGUED
from tools.answers.forms import Difference, Forms
from tools.answers.recordings import from_xml, read_folder


def recorded(
    folder: Path, body: dict[str, Any], kind: str = "DescribeInstances", **more: object
) -> None:
    content = {"_kind": kind, "_year": 2026, "_http_status": 200, "body": body, **more}
    (folder / "one.json").write_text(json.dumps(content), encoding="utf-8")


def listed(action: str = "DescribeInstances") -> dict[str, Any]:
    """An answer like a real one: other ids, names and times than the tool will be answered."""
    desk = Desk(InstanceSpec("web", tags={"team": "dev"}, has_eip=True))
    parameters = {"RegionId": "cn-hangzhou", "PageNumber": "1", "PageSize": "100"}
    answer = desk.ecs.call(action, parameters, Caller())
    text = json.dumps({**answer, "RequestId": "0B154B03-9A74-4102-8577-570A19E8CD24"})
    body: dict[str, Any] = json.loads(text)
    return body


@pytest.mark.parametrize(
    "action",
    [
        "DescribeInstances",
        "DescribeDisks",
        "DescribeInstanceStatus",
        "DescribeInstancesFullStatus",
        "DescribeInstanceHistoryEvents",
    ],
)
def test_a_recording_of_the_same_form_is_like_the_emulators(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    recorded(tmp_path, listed(action), action)

    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == "one.json: like the emulator's\n"


def changed(name: str, value: object) -> dict[str, Any]:
    body = listed()
    row = body["Instances"]["Instance"][0]
    if value is None:
        del row[name]
    else:
        row[name] = value
    return body


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Weight", 3, "Weight: recorded a number, here absent"),
        ("Cpu", "2", "Cpu: recorded a text, here a number"),
        ("SaleCycle", "Week", "SaleCycle: recorded a text, here empty"),
        ("IoOptimized", None, "IoOptimized: recorded absent, here true or false"),
        (
            "StartTime",
            "2026-01-01T00:00:00Z",
            "StartTime: recorded a time to the second, here a time to the minute",
        ),
        (
            "InstanceId",
            "i-1",
            "InstanceId: recorded an id i- and 1 characters, here an id i- and 20",
        ),
        ("ImageOptions", "", "ImageOptions: recorded empty, here no fields"),
        (
            "SecurityGroupIds",
            {"SecurityGroupId": []},
            "SecurityGroupId[]: recorded 0 items, here 1",
        ),
    ],
)
def test_a_recording_of_another_form_is_told_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, value: object, said: str
) -> None:
    recorded(tmp_path, changed(name, value))

    assert main([str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "one.json: differs"
    assert lines[1].startswith("  Instances.Instance[].")
    assert said in lines[1]


@pytest.mark.parametrize(
    "more", [{"_year": 2018}, {"_note": "shortened by who posted it"}], ids=str
)
def test_what_an_old_or_shortened_recording_lacks_is_no_difference(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    recorded(tmp_path, changed("IoOptimized", None), **more)

    assert main([str(tmp_path)]) == 0


def test_a_difference_is_argued_for_its_time_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = []
    for year in (2018, 2019):
        recorded(tmp_path, changed("SaleCycle", "Week"), _year=year)
        codes.append(main([str(tmp_path)]))

    assert codes == [0, 1]
    assert capsys.readouterr().out.startswith("one.json: like the emulator's, 1 argued\n")


@pytest.mark.parametrize(
    ("status", "code", "message", "lacks"),
    [
        (404, "InvalidInstanceId.NotFound", "", ""),
        (403, "IncorrectInstanceStatus", "Status of the specified instance is Stopped", ""),
        (403, "IncorrectInstanceStatus", "", ""),
        (403, "Forbidden.RAM", "", "Account"),
        (400, "Throttling.User", "", ""),
        (409, "Odd.Code", "", ""),
        (404, "IncorrectInstanceStatus", "", "(HTTP status): recorded 404, here 403"),
    ],
)
def test_errors_are_brought_about(  # noqa: PLR0913, PLR0917  # a table
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    status: int,
    code: str,
    message: str,
    lacks: str,
) -> None:
    body: dict[str, Any] = {
        "RequestId": "0B154B03-9A74-4102-8577-570A19E8CD24",
        "HostId": "ecs.cn-hangzhou.aliyuncs.com",
        "Code": code,
        "Message": message or "Some text.",
        "Recommend": "https://api.aliyun.com/troubleshoot?q=x",
    }
    if lacks == "Account":
        body["AccessDeniedDetail"] = {"AuthAction": "ecs:StopInstance", "Account": "1"}
        lacks = "AccessDeniedDetail.Account: recorded a text, here absent"
    recorded(tmp_path, body, "error", _http_status=status)

    assert main([str(tmp_path)]) == int(bool(lacks))
    assert lacks in capsys.readouterr().out


def test_xml_is_compared_by_its_elements(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "<StopInstanceResponse><RequestId>{}</RequestId>{}</StopInstanceResponse>"
    request_id = "0B154B03-9A74-4102-8577-570A19E8CD24"
    (tmp_path / "xml_2016_stop_instance.xml").write_text(text.format(request_id, ""))
    alike = main([str(tmp_path)])
    (tmp_path / "xml_2016_stop_instance.xml").write_text(text.format(request_id, "<Odd>1</Odd>"))

    assert (alike, main([str(tmp_path)])) == (0, 1)
    assert "Odd: recorded a text, here absent" in capsys.readouterr().out


def test_lists_in_xml_are_compared_with_what_was_made_for_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        "<DescribeSnapshotsResponse><RequestId>0B154B03-9A74-4102-8577-570A19E8CD24</RequestId>"
        "<Snapshots><Snapshot><Status>progressing</Status>{}</Snapshot></Snapshots>"
        "</DescribeSnapshotsResponse>"
    )
    recorded_at = tmp_path / "xml_2016_describe_snapshots.xml"
    recorded_at.write_text(text.format(""))
    alike = main([str(tmp_path)])
    recorded_at.write_text(text.format("<Odd>1</Odd>"))

    assert (alike, main([str(tmp_path)])) == (0, 1)
    assert "Odd: recorded a text, here absent" in capsys.readouterr().out


def test_what_is_refused_here_is_like_no_recorded_success(tmp_path: Path) -> None:
    (tmp_path / "xml_2016_attach_disk.xml").write_text(
        "<AttachDiskResponse><RequestId>0B154B03-9A74-4102-8577-570A19E8CD24</RequestId>"
        "</AttachDiskResponse>"
    )

    with pytest.raises(ValueError, match="AttachDisk is refused here: "):
        main([str(tmp_path)])


def test_headers_are_compared_by_their_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "headers_2026_mine.txt"
    path.write_text("HTTP/1.1 200 OK\nKeep-Alive: timeout=25\nX-Acs-Trace-Id: 1\nVary: x\n\nmore")
    alike = main([str(tmp_path)])
    path.write_text("HTTP/1.1 200 OK\nX-Odd: 1\n")

    assert (alike, main([str(tmp_path)])) == (0, 1)
    assert "x-odd: recorded empty, here absent" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], [""], ["a", "b"]])
def test_without_a_folder_it_says_how_it_is_called(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert "make answers DIR=FOLDER" in capsys.readouterr().err


def test_a_folder_that_holds_no_recordings_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = main([str(tmp_path)])
    (tmp_path / "odd.json").write_text("{}")

    assert (empty, main([str(tmp_path)])) == (2, 2)
    said = capsys.readouterr().err
    assert "has no recorded answers" in said
    assert "expected JSON with _kind, _year and body" in said


def test_what_is_no_operation_here_is_not_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path, {"Coffee": 1}, "MakeCoffee")

    assert main([str(tmp_path)]) == 0
    assert "not compared, MakeCoffee is not an operation here" in capsys.readouterr().out


def test_repeated_elements_are_a_list() -> None:
    assert from_xml(b"<R><A><B>1</B><B>2</B></A><C/></R>") == {"A": {"B": ["1", "2"]}, "C": ""}


def test_in_xml_one_item_is_like_several() -> None:
    forms = Forms(typed=False)

    assert list(forms.differences({"A": {"B": "1"}}, {"A": ["x", "y"]})) == []
    assert list(forms.differences({"A": ""}, {"A": ["x"]})) == [
        Difference("A[]", "0 items", "1 items")
    ]


def test_recordings_are_read_by_name(tmp_path: Path) -> None:
    recorded(tmp_path, {"A": 1})
    (tmp_path / "xml_2016_delete_instance.xml").write_text("<R/>")

    assert [(each.name, each.kind, each.whole) for each in read_folder(tmp_path)] == [
        ("one.json", "DescribeInstances", True),
        ("xml_2016_delete_instance.xml", "DeleteInstance", False),
    ]


@pytest.mark.parametrize("page", ["docs/fidelity.md", "docs/fidelity.zh-CN.md"])
def test_every_difference_that_stays_is_on_the_page(page: str) -> None:
    places = [each.place for each in ARGUED]

    said = [[row[0].strip("`") for row in rows] for rows in tables(page)]

    assert places in said
