"""The console of a running stack, in a browser: what people do there, from signing in to what the task center holds."""

from __future__ import annotations

from tests.console.programs import Run
from tests.stack.harness import RunningStack


def test_what_people_do_in_the_console(stack: RunningStack, run: Run, chromium: str) -> None:
    which = ("--config", "playwright.stack.config.ts")
    done = run("@playwright/test/cli.js", "test", *which, STACK=str(stack.settings.outputs_file), CHROMIUM=chromium)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
