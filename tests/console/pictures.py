"""Takes a picture of every view of the console, in both languages, and shows them in docs/console.md.

python -m tests.console.pictures
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bundle.console_files import CONSOLE, build_console
from local.settings import ROOT
from tests.console.programs import find_chromium, find_prepared_node, run_tool
from tests.console.serving import serving

PAGE = ROOT / "docs" / "console.md"
FOLDER = ROOT / "docs" / "console"
LARGEST_BYTES = 90_000
_VIEWS = CONSOLE / "tests" / "browser" / "every-page.spec.ts"
_SHOWN = re.compile(r"(?<=<!-- pictures -->\n).*?(?=<!-- end of pictures -->)", re.DOTALL)


def take(folder: Path) -> None:
    """Put the pictures into the folder, in place of what is there. Raises SystemExit with what went wrong."""
    node = find_prepared_node()
    shutil.rmtree(folder, ignore_errors=True)
    with TemporaryDirectory() as packed, serving(build_console(Path(packed) / "files")) as origin:
        environment = {"CONSOLE_URL": origin, "CHROMIUM": find_chromium(), "PICTURES": str(folder)}
        done = run_tool(node, "@playwright/test/cli.js", "test", _VIEWS.name, **environment)
    if done.returncode != 0:
        raise SystemExit(done.stdout[-5_000:] + done.stderr[-2_000:])


def show(page: str, names: Sequence[str]) -> str:
    """The page with the pictures of these views, Chinese beside English."""
    rows = "".join(f"| ![{name}](console/{name}-zh.webp) | ![{name}](console/{name}-en.webp) |\n" for name in names)
    return _SHOWN.sub(lambda _: f"| 中文 | English |\n|---|---|\n{rows}", page)


def main() -> None:
    """Take the pictures and show them."""
    take(FOLDER)
    names = re.findall(r'\{ name: "([\w-]+)"', _VIEWS.read_text(encoding="utf-8"))
    PAGE.write_text(show(PAGE.read_text(encoding="utf-8"), names), encoding="utf-8")
    for file in sorted(FOLDER.iterdir()):
        size = file.stat().st_size
        note = " too large" if size > LARGEST_BYTES else ""
        sys.stdout.write(f"{file.relative_to(ROOT)} {size / 1000:.0f} kB{note}\n")


if __name__ == "__main__":
    main()
