"""YAML as used in fleet files: times stay strings, and duplicate keys are errors."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml


class YamlFileError(ValueError):
    """The text is not YAML; the message begins with the place: ``line 3, column 5``."""


def load(text: str) -> object:
    """Parse a YAML text.

    Raises:
        YamlFileError: it is not YAML, or has a duplicate key.
    """
    try:
        return yaml.load(text, _Loader)  # noqa: S506  # it is the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "the file"
        raise YamlFileError(f"{place}: {error.problem}") from None
    except yaml.YAMLError as error:
        raise YamlFileError(f"the file: {error}") from None
    except RecursionError:
        raise YamlFileError("the file: it is nested too deeply") from None


class _Loader(yaml.SafeLoader):
    """YAML in which times stay strings, and duplicate keys are errors."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # how PyYAML is told
        first: [(tag, regexp) for tag, regexp in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_object(
        self,
        node: yaml.Node,
        deep: bool = False,  # noqa: FBT001, FBT002  # PyYAML's own
    ) -> Any:  # noqa: ANN401  # likewise
        try:
            return super().construct_object(node, deep)
        except (ValueError, TypeError, LookupError, AttributeError):  # such as !!int x
            problem = "it looks like a number but is not one; write it in quotes"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002  # PyYAML's own
    ) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for key in keys:
            if keys.count(key) > 1:
                problem = f"{key!r} comes twice"
                raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return super().construct_mapping(node, deep)
