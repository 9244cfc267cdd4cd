"""What each address of the console answers. Pure, but for the reading of the packed files."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from console.config import ConsoleConfig

HOME = "console/home"
INDEX = "index.html"
CONFIG = "config.json"
HASHED = "assets/"  # a file whose name changes with its content
YEAR = "public, max-age=31536000, immutable"
PANEL = "review.js"  # for pages of others: see docs/embedding.md
# A page that isolates itself loads nothing of another origin without these. The script is for anyone, and no secret.
FOR_OTHERS = {"cross-origin-resource-policy": "cross-origin", "access-control-allow-origin": "*"}
TEN_MINUTES = "public, max-age=600"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class SiteResponse:
    """A response; `body` is base64 where `is_base64`."""

    status: int
    headers: Mapping[str, str]
    body: str = ""
    is_base64: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """The console. `files` are those packed, compressed by `br` and `gzip`, by their path below /console/."""

    files: Mapping[str, Mapping[str, bytes]]
    version: str
    config: ConsoleConfig

    def answer(self, path: str | None, accepted: str) -> SiteResponse:
        """What stands at a path below /console/; None: at the root, or at /console itself.

        Every view of the console is an address of its own, and `index.html` shows it.
        """
        if not path:
            return SiteResponse(302, {**self._headers(), "location": f"/{HOME}", "cache-control": "no-store"})
        if path == CONFIG:
            return self._text(self._config(), ".json")
        if path in self.files:
            return self._file(path, accepted)
        if path.startswith(HASHED):
            return SiteResponse(
                404, {**self._headers(), "cache-control": "no-store", "content-type": TYPES[".txt"]}, "gone"
            )
        return self._file(INDEX, accepted)

    def _file(self, path: str, accepted: str) -> SiteResponse:
        packed = self.files[path]
        encoding = choose_encoding(packed, accepted)
        headers = {
            **self._headers(),
            **(FOR_OTHERS if path == PANEL else {}),
            "content-type": TYPES[Path(path).suffix],
            "cache-control": _kept(path),
            "vary": "accept-encoding",
        }
        if encoding:
            headers["content-encoding"] = encoding
        body = packed[encoding] if encoding else gzip.decompress(packed["gzip"])
        return SiteResponse(200, headers, base64.b64encode(body).decode(), is_base64=True)

    def _text(self, text: str, suffix: str) -> SiteResponse:
        return SiteResponse(200, {**self._headers(), "content-type": TYPES[suffix], "cache-control": "no-store"}, text)

    def _config(self) -> str:
        config = self.config
        told = {
            "issuer": config.issuer,
            "sign_in": config.sign_in,
            "client_id": config.client_id,
            "scopes": config.scopes,
            "groups_claim": config.groups_claim,
            "time_zone": config.time_zone,
            "version": self.version,
        }
        return json.dumps(told)

    def _headers(self) -> dict[str, str]:
        return {
            "content-security-policy": build_policy(self.config),
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "permissions-policy": "camera=(), microphone=(), geolocation=()",
            "strict-transport-security": "max-age=31536000",
        }


def load_site(folder: Path, config: ConsoleConfig) -> Site:
    """Read the packed files. Raises FileNotFoundError where the console was not packed."""
    files: dict[str, dict[str, bytes]] = {}
    for path, encoding, content in _packed(folder):
        files.setdefault(path, {})[encoding] = content
    version = (folder / "version").read_text().strip()
    return Site(files, version, config)


def _packed(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    for suffix, encoding in ((".br", "br"), (".gz", "gzip")):
        for file in folder.rglob(f"*{suffix}"):
            yield file.relative_to(folder).as_posix().removesuffix(suffix), encoding, file.read_bytes()


def _kept(path: str) -> str:
    if path == PANEL:
        return TEN_MINUTES
    return YEAR if path.startswith(HASHED) else "no-store"


def choose_encoding(packed: Mapping[str, bytes], accepted: str) -> str:
    """The smallest that the browser takes; empty where it takes none."""
    named = {}
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        named[name.strip()] = weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    taken = [each for each in packed if named.get(each, named.get("*", False))]
    return min(taken, key=lambda each: len(packed[each]), default="")


def build_policy(config: ConsoleConfig) -> str:
    """The Content-Security-Policy: nothing but what is packed, and the API; no text becomes markup or script."""
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": " ".join(("'self'", *config.sign_in_origins)),
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": config.frame_ancestors,
        "require-trusted-types-for": "'script'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
