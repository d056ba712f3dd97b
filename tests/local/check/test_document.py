"""An s.yaml is read as Serverless Devs reads it; what it could not read is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local.check.document import ACCOUNT, DocumentError, is_known, read_document

HEAD = "edition: 3.0.0\n"


def read(text: str, directory: Path, **environ: str) -> dict[str, Any]:
    """The props of the file's one resource."""
    path = directory / "s.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    (resource,) = read_document(path, environ).resources
    return dict(resource.props)


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        pytest.param("${vars.number}", 100, id="a variable alone keeps its type"),
        pytest.param("x${vars.number}y", "x100y", id="within a text it is text"),
        pytest.param("${vars.inner.flag}", True, id="a path"),
        pytest.param("${vars.again}", 100, id="a variable of a variable"),
        pytest.param("${config('AccountID')}", ACCOUNT, id="the account"),
        pytest.param("${env('RUNTIME', 'python3.10')}", "python3.10", id="a default"),
        pytest.param("${env('SET', 'python3.10')}", "here", id="the environment"),
        pytest.param("${env(SET)}", "here", id="without quotes"),
        pytest.param("${env('UNSET')}", "${env('UNSET')}", id="not set here"),
        pytest.param("${file('./x')}", "${file('./x')}", id="not known here"),
    ],
)
def test_variables_are_put_in(written: str, read_as: object, tmp_path: Path) -> None:
    text = f"""
vars: {{number: 100, inner: {{flag: true}}, again: "${{vars.number}}"}}
resources:
  stop: {{component: fc3, props: {{x: "{written}", in: ["{written}"]}}}}
"""
    assert read(text, tmp_path, SET="here") == {"x": read_as, "in": [read_as]}


def test_a_template_stands_below_mappings_are_merged_and_lists_replaced(tmp_path: Path) -> None:
    text = """
template:
  all: {timeout: 60, env: {A: "1", B: "1"}, tags: [a], inner: {x: {p: 1}}}
resources:
  stop:
    component: fc3
    extend: {name: all}
    props: {env: {B: "2"}, tags: [b], inner: {x: {q: 2}}}
"""
    assert read(text, tmp_path) == {
        "timeout": 60,
        "env": {"A": "1", "B": "2"},
        "tags": ["b"],
        "inner": {"x": {"p": 1, "q": 2}},
    }


def test_a_merge_key_brings_the_keys_of_another_mapping(tmp_path: Path) -> None:
    text = """
plain: &plain {timeout: 60, cpu: 1}
resources:
  stop:
    component: fc3
    props:
      <<: *plain
      cpu: 2
"""
    assert read(text, tmp_path) == {"timeout": 60, "cpu": 2}


NO_VALUE = "it looks like a date or a number but is not one; write it in quotes"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("a: [", "it is not YAML: line", id="not YAML"),
        pytest.param("a: 1\na: 2", "the key a appears twice", id="twice"),
        pytest.param("resources: {a: {props: {x: 1, x: 2}}}", "the key x appears twice", id="deep"),
        pytest.param("a: \x00", "it is not YAML", id="a control character"),
        *(
            pytest.param(f"a: {value}", f"line 2, column 4: {NO_VALUE}", id=value)
            for value in ("2026-02-30", "2026-02-10 25:61:00", "!!int ''", "!!float x", "!!bool x")
        ),
        pytest.param(
            f"resources: {{a: {{props: {{x: {'[' * 3_000}{']' * 3_000}}}}}}}",
            "nested too deeply",
            id="deeply",
        ),
        pytest.param("resources: {a: &a {props: *a}}", "within itself", id="in itself"),
        pytest.param("vars: [1]", "vars must be a mapping", id="vars a list"),
        pytest.param("name: x", "there are no resources", id="no resources"),
        pytest.param("resources: []", "there are no resources", id="resources a list"),
        pytest.param("resources: {a: {component: fc3}}", "resources.a must have", id="no props"),
        pytest.param(
            "resources: {a: {extend: {name: x}, props: {}}}", "extends 'x', which", id="no template"
        ),
        pytest.param(
            "template: {}\nresources: {a: {extend: [x], props: {}}}",
            "extends ['x'], which",
            id="template a list",
        ),
        pytest.param(
            "template: {}\nresources: {a: {extend: {name: {}}, props: {}}}",
            "extends {}, which",
            id="template a mapping",
        ),
        pytest.param(
            "vars: {region: x}\nresources: {a: {props: {r: '${vars.regoin}'}}}",
            "there is no regoin under vars; did you mean region?",
            id="misspelt variable",
        ),
        pytest.param(
            "vars: {region: x}\nresources: {a: {props: {r: '${vars.region.z}'}}}",
            "there is no z under vars",
            id="a path into a text",
        ),
    ],
)
def test_what_could_not_be_read_is_told(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        read(text, tmp_path)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"), [(b"\xff\xfe", "it cannot be read"), (b"- a", "it is not a mapping")]
)
def test_a_file_that_is_no_mapping_is_told(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(content)

    with pytest.raises(DocumentError, match=said):
        read_document(path, {})


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="it cannot be read"):
        read_document(tmp_path / "none.yaml", {})


def test_a_variable_that_names_itself_ends(tmp_path: Path) -> None:
    text = "vars: {a: '${vars.a}'}\nresources: {r: {props: {x: '${vars.a}'}}}"

    assert read(text, tmp_path) == {"x": "${vars.a}"}


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("plain", True),
        (5, True),
        ("${file('x')}", False),
        ({"a": ["${file('x')}"]}, False),
        ({"a": ["b"]}, True),
    ],
)
def test_what_the_deploy_tool_will_put_in_is_not_known(value: object, known: bool) -> None:  # noqa: FBT001  # a case
    assert is_known(value) is known
