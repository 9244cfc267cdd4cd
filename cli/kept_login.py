"""The login that this machine keeps: where the API is, and the tokens of the person who signed in. Mode 0600."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from cli.errors import NO_ANSWER, WRONG_USE, CommandError

AHEAD_S = 120.0  # a token is renewed so long before its end
_AGAIN = "Sign in again: taskbridge login"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whom people sign in with: its addresses, and which client of it the command is."""

    client_id: str
    scopes: str
    authorize: str
    tokens: str


@dataclass(frozen=True, slots=True)
class KeptLogin:
    """One person's login at one API. `ends_at` is in seconds since 1970."""

    url: str
    issuer: Issuer
    id_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    ends_at: float


def read_login(environment: Mapping[str, str]) -> KeptLogin | None:
    """The login that is kept, if there is one. Raises CommandError where its file cannot be used."""
    path = login_file(environment)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return KeptLogin(**{**found, "issuer": Issuer(**found["issuer"])})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError):
        raise CommandError(f"{path} cannot be used. {_AGAIN}", WRONG_USE) from None


def keep_login(login: KeptLogin, environment: Mapping[str, str]) -> None:
    """Keep a login in the place of the one before; nobody else on this machine may read it."""
    path = login_file(environment)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(login), file)
    made.replace(path)


def forget_login(environment: Mapping[str, str]) -> None:
    """Keep no login any more."""
    login_file(environment).unlink(missing_ok=True)


def login_file(environment: Mapping[str, str]) -> Path:
    """Below the person's own folder of settings."""
    folder = environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME", "~")).expanduser() / ".config"
    return Path(folder) / "taskbridge" / "login.json"


def renewed(
    login: KeptLogin,
    environment: Mapping[str, str],
    clock: Callable[[], float],
    transport: httpx.BaseTransport | None,
) -> KeptLogin:
    """The login with a token that is good for a while. Raises CommandError where one has to sign in again."""
    if login.ends_at - AHEAD_S > clock():
        return login
    if not login.refresh_token:
        raise CommandError(f"Your login has ended. {_AGAIN}", WRONG_USE)
    try:
        answer = ask_for_tokens(login.issuer, transport, grant_type="refresh_token", refresh_token=login.refresh_token)
    except CommandError as error:
        if error.status == NO_ANSWER:
            raise
        raise CommandError(f"Your login has ended. {_AGAIN}", WRONG_USE) from None
    fresh = replace(
        login,
        id_token=str(answer["id_token"]),
        refresh_token=str(answer.get("refresh_token") or login.refresh_token),
        ends_at=ends_at(answer, clock()),
    )
    keep_login(fresh, environment)
    return fresh


def ask_for_tokens(issuer: Issuer, transport: httpx.BaseTransport | None, **form: str) -> Mapping[str, Any]:
    """What the issuer gives for a code or a refresh token. Raises CommandError with its word for a refusal."""
    try:
        with httpx.Client(transport=transport, timeout=20.0) as client:
            answer = client.post(issuer.tokens, data={"client_id": issuer.client_id, **form})
            found = answer.json()
    except (httpx.TransportError, ValueError) as error:
        raise CommandError(f"The issuer does not answer as it should: {type(error).__name__}", NO_ANSWER) from None
    if not (answer.is_success and isinstance(found, dict) and isinstance(found.get("id_token"), str)):
        word = found.get("error", "") if isinstance(found, dict) else ""
        raise CommandError(f"The issuer gave no ID token: {answer.status_code} {word}. Its client needs scope openid.")
    return found


def ends_at(answer: Mapping[str, Any], now: float) -> float:
    """When the token of an answer ends."""
    return now + float(answer.get("expires_in") or 3600)
