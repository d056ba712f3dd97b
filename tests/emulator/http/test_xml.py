"""An answer's body as ECS's XML."""

import re
from xml.dom.minidom import parseString

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.ecs.http.xml import to_xml

PROLOGUE = "<?xml version='1.0' encoding='UTF-8'?>"


@pytest.mark.parametrize(
    ("body", "inner"),
    [
        pytest.param({}, "", id="nothing"),
        pytest.param({"RequestId": "A-1"}, "<RequestId>A-1</RequestId>", id="text"),
        pytest.param({"PageSize": 10}, "<PageSize>10</PageSize>", id="number"),
        pytest.param({"SpotPriceLimit": 0.0}, "<SpotPriceLimit>0.0</SpotPriceLimit>", id="float"),
        pytest.param({"Truncated": True}, "<Truncated>true</Truncated>", id="true"),
        pytest.param({"Truncated": False}, "<Truncated>false</Truncated>", id="false"),
        pytest.param({"NextToken": None}, "<NextToken></NextToken>", id="null"),
        pytest.param(
            {"Message": "a<b & c>\"d'"}, "<Message>a&lt;b &amp; c&gt;\"d'</Message>", id="escaped"
        ),
        pytest.param({"Name": "a\x00\x08b"}, "<Name>ab</Name>", id="no place in XML"),
        pytest.param(
            {"Instances": {"Instance": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]}},
            "<Instances><Instance><InstanceId>i-1</InstanceId></Instance>"
            "<Instance><InstanceId>i-2</InstanceId></Instance></Instances>",
            id="list of objects",
        ),
        pytest.param(
            {"InstanceIdSets": {"InstanceIdSet": ["i-1", "i-2"]}},
            "<InstanceIdSets><InstanceIdSet>i-1</InstanceIdSet>"
            "<InstanceIdSet>i-2</InstanceIdSet></InstanceIdSets>",
            id="list of texts",
        ),
        pytest.param({"Instances": {"Instance": []}}, "<Instances></Instances>", id="empty list"),
    ],
)
def test_the_body_is_nested_as_the_json_is(body: dict[str, object], inner: str) -> None:
    written = to_xml("StopInstanceResponse", body).decode()

    assert written == f"{PROLOGUE}<StopInstanceResponse>{inner}</StopInstanceResponse>"


def test_text_beyond_ascii_is_utf_8() -> None:
    assert "开发机".encode() in to_xml("Error", {"Message": "开发机"})


@given(st.text())
def test_whatever_a_name_holds_the_document_can_be_read(name: str) -> None:
    document = parseString(to_xml("R", {"InstanceName": name}))  # noqa: S318  # our own bytes

    kept = re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", name)
    node = document.getElementsByTagName("InstanceName")[0].firstChild
    read = "" if node is None else str(node.nodeValue)
    assert read == kept.replace("\r\n", "\n").replace("\r", "\n")
