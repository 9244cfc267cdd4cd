"""The stack as people reach it: its API, who issues their tokens, its platforms, and whose clock is how late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import httpx

from cli.api import Api, path_of
from cli.errors import NO_ANSWER, CommandError
from cli.findings import Finding, State, ask

LATE_S = 30.0  # a request takes a moment, and the header tells whole seconds
TOO_LATE_S = 240.0  # AWS refuses what is signed five minutes away from its own time
_DISCOVERY = "/.well-known/openid-configuration"


@dataclass
class Pages:
    """What anyone may read, by GET, and whose clock showed what: seconds ahead of this machine, by host."""

    client: httpx.Client
    clock: Any
    ahead: dict[str, float] = field(default_factory=dict)

    def read(self, address: str) -> dict[str, Any]:
        """A JSON document. Raises CommandError where none comes."""
        try:
            answer = self.client.get(address)
        except httpx.HTTPError as error:
            raise CommandError(f"{address}: {type(error).__name__}", NO_ANSWER) from None
        self.ahead |= {answer.url.host: ahead_of(answer.headers.get("date", ""), self.clock())}
        try:
            return dict(answer.raise_for_status().json())
        except (httpx.HTTPStatusError, ValueError, TypeError):
            raise CommandError(f"{address} answers {answer.status_code}, without what is looked for") from None


def ahead_of(date: str, now: float) -> float:
    """How many seconds a clock is ahead of `now`, by what it wrote into a header `Date`; 0 where it wrote none."""
    try:
        return parsedate_to_datetime(date).timestamp() - now
    except ValueError:
        return 0.0


def check_health(address: str, pages: Pages) -> Iterator[Finding]:
    """Whether the API answers, and each table and queue as its function sees them."""
    report = pages.read(f"{address}/v1/health")
    yield Finding("API", address.partition("://")[2].partition("/")[0], State.OK)
    for area in ("tables", "queues"):
        for name, state in report[area].items():
            if state == "ok":
                yield Finding(area, name, State.OK)
            else:
                yield Finding(area, name, State.WRONG, "the API cannot reach it", "is it there? deploy again")


def check_issuer(address: str, pages: Pages) -> Iterator[Finding]:
    """Whether the issuer of people's tokens is who it says, and shows keys that API Gateway can use."""
    issuer = str(pages.read(f"{address}/console/config.json")["issuer"])
    known = pages.read(f"{issuer}{_DISCOVERY}")
    if str(known.get("issuer", "")).rstrip("/") != issuer:
        found = f"it calls itself {known.get('issuer')}"
        yield Finding("issuer", issuer, State.WRONG, found, "deploy with JwtIssuer as it calls itself")
        return
    yield Finding("issuer", "discovery", State.OK)
    keys = pages.read(str(known.get("jwks_uri", ""))).get("keys", [])
    if any(key.get("kty") == "RSA" for key in keys):
        yield Finding("issuer", "keys", State.OK)
    else:
        yield Finding("issuer", "keys", State.WRONG, "no RSA key among them", "API Gateway takes RS256 alone: add one")


def check_clocks(ahead: Mapping[str, float]) -> Iterator[Finding]:
    """Whether this machine, AWS and the issuer agree about the time; tokens and signatures depend on it."""
    for host, seconds in ahead.items():
        name = f"this machine and {host}"
        if abs(seconds) <= LATE_S:
            yield Finding("clocks", name, State.OK)
            continue
        state = State.WRONG if abs(seconds) > TOO_LATE_S else State.LOOK
        yield Finding("clocks", name, state, f"{abs(seconds):.0f} s apart", "set the clock that is wrong by NTP")


def check_dead_letters(api: Api) -> Iterator[Finding]:
    """Whether anything was tried in vain until its queue gave up."""
    for queue in api.get("/v1/ops/summary")["queues"]:
        if queue["is_dead_letters"]:
            waiting = queue["waiting"]
            state = State.LOOK if waiting else State.OK
            do = f"taskbridge dlq show {queue['name'].removesuffix('-dead-letters')}" if waiting else ""
            yield Finding("dead letters", queue["name"], state, f"{waiting} letters" if waiting else "", do)


def check_platforms(api: Api) -> Iterator[Finding]:
    """The token of each platform, by its connection test, and whether it is called at all; an admin's."""
    summary = api.get("/v1/ops/summary")
    breakers = {each["id"]: each["breaker"] for each in (*summary["platforms"], *summary["ai_platforms"])}
    for platform in api.items("/v1/platforms", {}, limit=1000):
        breaker = breakers.get(platform["id"], {"state": "closed"})
        yield from ask("platforms", platform["id"], partial(_try_platform, platform, breaker, api))


def _try_platform(platform: Mapping[str, Any], breaker: Mapping[str, Any], api: Api) -> Iterator[Finding]:
    name = platform["id"]
    if not platform["enabled"]:
        yield Finding("platforms", name, State.NOT_ASKED, "it is disabled")
        return
    found = api.post(path_of("platforms", name, "test"))
    if not found["ok"]:
        cause = f"{found['cause']}: {found['message']}"
        yield Finding("platforms", name, State.WRONG, cause, f"docs/platforms, {name}")
    elif breaker["state"] == "closed":
        yield Finding("platforms", name, State.OK)
    elif breaker["wants_money"]:
        do = "pay or raise the quota, or name another: taskbridge ai settings platform_id=<id>"
        yield Finding("platforms", name, State.WRONG, f"no quota: {breaker['reason']}", do)
    else:
        do = "it is tried again by itself: taskbridge summary"
        yield Finding("platforms", name, State.LOOK, f"breaker open: {breaker['reason']}", do)


def not_asked(areas: Sequence[str], why: str, do: str = "") -> list[Finding]:
    """Findings of what nobody was asked about."""
    return [Finding(area, "", State.NOT_ASKED, why, do) for area in areas]
