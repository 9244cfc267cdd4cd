"""What the console is told before anybody is signed in: whom to sign in with, and in which time zone to show times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class ConsoleConfig:
    """The content of `config.json`.

    `issuer` is the OpenID Connect issuer. `sign_in` is the address of the sign-in pages of the stack's own user pool,
    and empty for an issuer that tells its addresses itself. `groups_claim` is the claim with a person's roles.
    """

    issuer: str
    sign_in: str
    client_id: str
    scopes: str
    groups_claim: str
    time_zone: str
    frame_ancestors: str

    @property
    def sign_in_origins(self) -> tuple[str, ...]:
        """Where a page has to reach out to while somebody signs in."""
        addresses = (self.sign_in,) if self.sign_in else (self.issuer,)
        parts = (urlsplit(address) for address in addresses if address)
        return tuple(f"{part.scheme}://{part.netloc}" for part in parts)


def read_config(environment: Mapping[str, str]) -> ConsoleConfig:
    """What template.yaml says. Of several audiences the first is the console's own client."""
    return ConsoleConfig(
        issuer=environment["JWT_ISSUER"].rstrip("/"),
        sign_in=environment["SIGN_IN_URL"].rstrip("/"),
        client_id=environment["CLIENT_ID"].partition(",")[0],
        scopes=environment["CONSOLE_SCOPES"],
        groups_claim=environment["GROUPS_CLAIM"],
        time_zone=environment["CONSOLE_TIME_ZONE"],
        frame_ancestors=environment["EMBEDDING_ORIGINS"] or "'none'",
    )
