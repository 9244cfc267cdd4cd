"""The console where a campus has an issuer of its own: console/tests/issuer, on an origin of its own.

python -m tests.console.foreign_issuer FOLDER
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bundle.console_files import CONSOLE, find_node
from local.processes import free_port
from tests.console.serving import CONFIG, serving


@contextmanager
def serving_abroad(folder: Path, node: Path) -> Iterator[str]:
    """The origin of a console whose people sign in at a foreign issuer."""
    port = free_port()
    with foreign_issuer(node, f"http://localhost:{port}") as issuer:
        config = replace(CONFIG, issuer=issuer, sign_in="", client_id="campus-console", groups_claim="groups")
        with serving(folder, port, config) as origin:
            yield origin


@contextmanager
def foreign_issuer(node: Path, origin: str) -> Iterator[str]:
    """The address of an issuer that knows the console at this origin. It ends with its input."""
    command = [str(node), "tests/issuer/issuer.mjs", origin]
    with subprocess.Popen(command, cwd=CONSOLE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        yield program.stdout.readline().strip()
        program.terminate()


if __name__ == "__main__":
    with serving_abroad(Path(sys.argv[1]), find_node()) as address:
        sys.stdout.write(f"{address}/\n")
        sys.stdout.flush()
        sys.stdin.read()
