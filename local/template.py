"""template.yaml as CloudFormation has it after the transform AWS::LanguageExtensions: resources by their logical ids.

Only what the template uses: loops over written-out lists, and values of maps. A reference in a loop to what another
loop makes stands as `!Sub`, because CloudFormation fills in nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.settings import ROOT

TEMPLATE = ROOT / "template.yaml"
TRANSFORM = "AWS::LanguageExtensions"
_LOOP = "Fn::ForEach::"


def read_template(parameters: Mapping[str, str] | None = None) -> dict[str, Any]:
    """template.yaml with `!Ref` and its like written out, its loops run, and what its maps have for these parameters.

    A parameter that is not given has its default.
    """
    from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # slow to import

    return expand(yaml_parse(TEMPLATE.read_text(encoding="utf-8")), parameters or {})


def expand(template: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """A template without loops and maps that means the same for these parameters."""
    defaults = {name: str(each.get("Default", "")) for name, each in template.get("Parameters", {}).items()}
    expansion = _Expansion(template.get("Mappings", {}), {**defaults, **parameters})
    expanded = {name: expansion.of(template[name]) for name in ("Globals", "Resources", "Outputs") if name in template}
    transforms = [each for each in template.get("Transform", ()) if each != TRANSFORM]
    kept = {name: section for name, section in template.items() if name != "Mappings"}
    return {**kept, **expanded, "Transform": transforms}


@dataclass(frozen=True, slots=True)
class _Expansion:
    """One level of loops: `known` has the parameters, and for each loop around it what it is at."""

    maps: Mapping[str, Any]
    known: Mapping[str, str]
    loops: frozenset[str] = frozenset()

    def of(self, part: Any) -> Any:
        """A part of the template, expanded."""
        match part:
            case {"Fn::FindInMap": [*path]}:
                name, row, column = (self._text(each) for each in path)
                return self.maps[name][row][column]
            case {"Fn::Sub": given}:
                text, values = given if isinstance(given, list) else (given, {})
                return self._filled_in(text, {name: self._text(value) for name, value in values.items()})
            case {"Ref": str(name)} if name in self.loops:
                return self.known[name]
            case dict():
                return dict(self._members(part))
            case list():
                return [self.of(each) for each in part]
        return part

    def _members(self, part: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for key, value in part.items():
            if key.startswith(_LOOP):
                yield from self._run(*value)
            else:
                yield key, self.of(value)

    def _run(self, name: str, items: list[str], body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for item in items:
            inner = _Expansion(self.maps, {**self.known, name: item}, self.loops | {name})
            for key, value in inner._members(body):
                yield key.replace(f"${{{name}}}", item), value

    def _text(self, part: Any) -> str:
        """What is known while the template is expanded: text, a parameter, or an entry of a map."""
        match self.of(part):
            case {"Ref": str(name)}:
                return self.known[name]
            case value:
                return str(value)

    def _filled_in(self, text: str, values: Mapping[str, str]) -> Any:
        known = {name: self.known[name] for name in self.loops} | dict(values)
        filled = re.sub(r"\$\{(\w+)\}", lambda found: known.get(found[1], found[0]), text)
        return {"Fn::Sub": filled} if "${" in filled else filled
