"""The pages that people read say what the code does."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from taskbridge.platforms import REGISTRY
from taskbridge.platforms.settings import settings_schema
from taskbridge.registry import MODULES, ONLY_FOR_TESTS

DOCS = Path(__file__).parents[3] / "docs"
# A page is called as the module is.
PAGES = {name: f"{module.replace('_', '-')}.md" for name, (module, _) in MODULES.items() if name not in ONLY_FOR_TESTS}


def rows(class_name: str) -> dict[str, list[str]]:
    """The cells after the first, by setting; none where there is no page yet."""
    page = DOCS / "platforms" / PAGES[class_name]
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    found = re.findall(r"^\| `(\w+)`[ †]* \|(.+)\|$", text, flags=re.MULTILINE)
    return {name: [cell.strip() for cell in rest.split("|")] for name, rest in found}


@pytest.mark.parametrize("class_name", PAGES)
def test_every_setting_has_a_row_with_its_chinese_name(class_name: str) -> None:
    properties = settings_schema(REGISTRY[class_name].Settings)["properties"]
    missing = [name for name in properties if name not in rows(class_name)]
    to_add = [
        f"| `{name}` | {properties[name]['label']['zh']} | {_default(properties[name])} | … |" for name in missing
    ]
    assert not missing, "\n".join([f"docs/platforms/{PAGES[class_name]} lacks these rows:", *to_add])
    assert {name: cells[0] for name, cells in rows(class_name).items()} == {
        name: part["label"]["zh"] for name, part in properties.items()
    }


@pytest.mark.parametrize("class_name", PAGES)
def test_every_plain_default_is_as_written(class_name: str) -> None:
    page = rows(class_name)
    for name, part in settings_schema(REGISTRY[class_name].Settings)["properties"].items():
        if name in page and not isinstance(part.get("default"), dict):
            assert page[name][1].strip("`") == _default(part), name


def _default(part: Mapping[str, Any]) -> str:
    """The default of a setting as a page writes it."""
    default = part.get("default", "required")
    text = (
        f"{default:g}" if isinstance(default, float) else default if isinstance(default, str) else json.dumps(default)
    )
    return {"": "empty", "[]": "empty"}.get(text, text)


def test_the_checklist_names_what_a_platform_declares() -> None:
    text = (DOCS / "adding-a-platform.md").read_text(encoding="utf-8")
    declared = ("vendor", "capabilities", "Settings", "uses_token", "secret_field", "code_key", "message_key", "limits")
    for name in (*declared, "known_models", "shares_path", "profile", "address"):
        assert f"`{name}`" in text, name
