"""The console: typed by the description that the API serves today, small, and the same in every browser test."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

import pytest

from bundle import console_files
from bundle.console_files import CONSOLE, build_console
from tests.console.description import read_description
from tests.console.foreign_issuer import serving_abroad
from tests.console.programs import Run
from tests.console.serving import serving

KB = 1000
FIRST_SCRIPT, FIRST_STYLE, WHOLE = 180 * KB, 60 * KB, 330 * KB
PANEL, PANEL_WHOLE = "review.js.gz", 60 * KB  # for pages of others, with Vue inside: no part of the console's whole


def test_the_console_uses_the_api_as_it_is_described_today(run: Run, tmp_path: Path) -> None:
    description = tmp_path / "openapi.json"
    description.write_text(read_description())
    types = CONSOLE / "src" / "api" / "schema.d.ts"

    made = run("openapi-typescript/bin/cli.js", str(description), "-o", str(types))
    assert made.returncode == 0, made.stderr
    checked = run("vue-tsc/bin/vue-tsc.js", "--noEmit")
    assert checked.returncode == 0, checked.stdout


def test_the_units_of_the_console_pass(run: Run) -> None:
    done = run("vitest/vitest.mjs", "run")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_first_view_and_the_whole_stay_small(packed: Path) -> None:
    page = packed_text(packed, "index.html")
    first = set(re.findall(r"assets/[\w.-]+", page))
    entry = {name for name in first if name.endswith(".js")}
    overview = {f"assets/{file.name[:-3]}" for file in (packed / "assets").glob("OverviewPage-*.gz")}
    scripts = {name for name in entry | overview if name.endswith(".js")}
    first |= overview | {name for each in scripts for name in imported(packed, each)}

    sizes = {name: (packed / f"{name}.gz").stat().st_size for name in first}
    whole = sum(file.stat().st_size for file in packed.rglob("*.gz") if file.name != PANEL)
    assert sum(size for name, size in sizes.items() if name.endswith(".js")) <= FIRST_SCRIPT, sizes
    assert sum(size for name, size in sizes.items() if name.endswith(".css")) <= FIRST_STYLE, sizes
    assert whole <= WHOLE


def test_the_panel_for_pages_of_others_is_one_small_file(packed: Path) -> None:
    assert (packed / PANEL).stat().st_size <= PANEL_WHOLE
    script = packed_text(packed, "review.js")
    assert "__PANEL_STYLES__" not in script, "its styles are in it"
    assert "localStorage" not in script, "it keeps nothing in the page around it"


def test_the_same_sources_are_packed_once(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_files, "run", lambda *_, **__: pytest.fail("packed again"))
    (tmp_path / "old").mkdir()

    again = build_console(tmp_path)

    assert {file.relative_to(again) for file in again.rglob("*")} == {
        file.relative_to(packed) for file in packed.rglob("*")
    }


def test_pages_in_a_browser(run: Run, packed: Path, chromium: str, node: Path) -> None:
    with serving(packed) as origin, serving_abroad(packed, node) as abroad:
        addresses = {"CONSOLE_URL": origin, "FOREIGN_CONSOLE_URL": abroad}
        shots = os.environ.get("SHOTS", "")
        done = run("@playwright/test/cli.js", "test", CHROMIUM=chromium, SHOTS=shots, **addresses)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]


def imported(packed: Path, name: str) -> set[str]:
    """What a script imports before it runs, from one to the next."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        text = packed_text(packed, waiting.pop())
        for each in re.findall(r'(?:from|import)\s*"\./([\w.-]+\.js)"', text):
            if f"assets/{each}" not in found:
                found.add(f"assets/{each}")
                waiting.append(f"assets/{each}")
    return found


def packed_text(packed: Path, name: str) -> str:
    return gzip.decompress((packed / f"{name}.gz").read_bytes()).decode()
