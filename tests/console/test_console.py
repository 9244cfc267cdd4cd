"""The console: typed by the description that the API serves today, small, and the same in every browser test."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from bundle import console_files
from bundle.console_files import CONSOLE, build_console
from tests.console.description import read_description
from tests.console.programs import Run

KB = 1000
FIRST_SCRIPT, FIRST_STYLE, WHOLE = 180 * KB, 60 * KB, 330 * KB
PANEL, PANEL_WHOLE = "review.js.gz", 60 * KB  # for pages of others, with Vue inside: no part of the console's whole

LOOKED_AT = "every-page.spec.ts"
SPECS = sorted((CONSOLE / "tests" / "browser").glob("*.spec.ts"), key=lambda spec: spec.stat().st_size)
ACTED = [spec.name for spec in SPECS if spec.name != LOOKED_AT]
# About as long as one another, so that the processes of the tests share them; each starts a browser and warms it up.
PARTS = [(LOOKED_AT,), (*ACTED[0::4], *ACTED[3::4]), (*ACTED[1::4], *ACTED[2::4])]


def test_the_console_uses_the_api_as_it_is_described_today(run: Run, tmp_path: Path) -> None:
    description = tmp_path / "openapi.json"
    description.write_text(read_description())
    types = CONSOLE / "src" / "api" / "schema.d.ts"

    made = run("openapi-typescript/bin/cli.js", str(description), "-o", str(types))
    assert made.returncode == 0, made.stderr
    # What did not change since it was checked is not checked again: two thirds of the work.
    known = ("--incremental", "--tsBuildInfoFile", str(CONSOLE.parent / ".build" / "console-types"))
    checked = run("vue-tsc/bin/vue-tsc.js", "--noEmit", *known)
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


@pytest.mark.parametrize("part", PARTS, ids=lambda part: " ".join(part).replace(".spec.ts", ""))
def test_pages_in_a_browser(
    part: tuple[str, ...], run: Run, served: dict[str, str], chromium: str, tmp_path: Path
) -> None:
    which = (*part, "--workers=1", f"--output={tmp_path}")
    done = run("@playwright/test/cli.js", "test", *which, CHROMIUM=chromium, **served)
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
