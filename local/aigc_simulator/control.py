"""The addresses that no real AI platform has: those of every simulator, one more, and the sample attachments.

`state` has the files held, counts by operation and verdict, tokens issued, streams going out now and the most at once;
POST `expire_files` forgets the files. GET `/files/<name>` is a sample attachment.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path
from urllib.parse import unquote

from local.aigc_simulator.faults import Faults
from local.aigc_simulator.model import AiPlatform
from local.simulating.answers import Answer, json_answer
from local.simulating.control import PREFIX, Endpoint, common_endpoints, done

FILES_PREFIX = "/files/"

ENDPOINTS: dict[tuple[str, str], Endpoint[AiPlatform]] = {
    **common_endpoints(Faults),
    ("POST", f"{PREFIX}expire_files"): lambda platform, *_: done(platform.expire_files),
}


def is_control(path: str) -> bool:
    """Whether `path` belongs here rather than to the AI platform."""
    return path.startswith((PREFIX, FILES_PREFIX))


def answer_file(folder: Path | None, method: str, path: str) -> Answer:
    """The sample attachment of this name; nothing outside the folder."""
    name = unquote(path.partition("?")[0].removeprefix(FILES_PREFIX))
    file = folder / name if folder and "/" not in name and not name.startswith(".") else None
    if method not in ("GET", "HEAD") or file is None or not file.is_file():
        return json_answer({"error": "no such file"}, 404)
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Answer(200, {"content-type": media_type}, file.read_bytes())
