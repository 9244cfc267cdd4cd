"""Serves the packed console on this machine as the function does, with its policy; the API is the browser test's own.

python -m tests.console.serving FOLDER [PORT]
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from console.config import ConsoleConfig
from console.site import Site, load_site

CONFIG = ConsoleConfig(
    issuer="http://issuer.localhost:9",
    sign_in="http://issuer.localhost:9",
    client_id="console-in-tests",
    scopes="openid",
    groups_claim="cognito:groups",
    time_zone="Asia/Shanghai",
    frame_ancestors="'none'",
)


@contextmanager
def serving(folder: Path, port: int = 0, config: ConsoleConfig = CONFIG) -> Iterator[str]:
    """The origin under which the console answers."""
    with ThreadingHTTPServer(("127.0.0.1", port), _handler(load_site(folder, config))) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0].removeprefix("/console").removeprefix("/")
            answer = site.answer(path or None, self.headers.get("accept-encoding", ""))
            body = base64.b64decode(answer.body) if answer.is_base64 else answer.body.encode()
            self.send_response(answer.status)
            for name, value in {**answer.headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: the tests say what failed."""

    return Handler


if __name__ == "__main__":
    with serving(Path(sys.argv[1]), int((*sys.argv[2:], "0")[0])) as origin:
        sys.stdout.write(f"{origin}/\n")
        sys.stdout.flush()
        sys.stdin.read()
