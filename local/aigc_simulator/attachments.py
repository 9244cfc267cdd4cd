"""The sample attachments, under `/files/<name>`."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from urllib.parse import unquote

from local.simulating.answers import Answer, json_answer

FILES_PREFIX = "/files/"


def answer_file(folder: str, method: str, path: str) -> Answer:
    """The sample attachment of this name; nothing outside the folder. Without a folder there is none."""
    name = unquote(path.partition("?")[0].removeprefix(FILES_PREFIX))
    file = Path(folder) / name if folder and "/" not in name and not name.startswith(".") else None
    if method not in ("GET", "HEAD") or file is None or not file.is_file():
        return json_answer({"error": "no such file"}, 404)
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Answer(200, {"content-type": media_type}, file.read_bytes())
