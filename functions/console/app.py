"""The console's files, by the HTTP API: `GET /`, `GET /console`, `GET /console/{proxy+}`.

It has no layer, no AWS client and no grant: it reads what is packed beside it, and its environment.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from console.config import read_config
from console.site import Site, SiteResponse, load_site

FILES = Path(__file__).with_name("files")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Answer a request of API Gateway (format 2.0)."""
    path = (event.get("pathParameters") or {}).get("proxy")
    accepted = str((event.get("headers") or {}).get("accept-encoding", ""))
    return _show(_site().answer(path, accepted))


@cache
def _site() -> Site:
    return load_site(FILES, read_config(os.environ))


def _show(answer: SiteResponse) -> dict[str, Any]:
    return {
        "statusCode": answer.status,
        "headers": dict(answer.headers),
        "body": answer.body,
        "isBase64Encoded": answer.is_base64,
    }
