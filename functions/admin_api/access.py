"""Who may call what: the one table of routes and roles, and the caller as the token names him."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from admin_api.problems import Problem
from admin_api.requests import MAX_BODY_BYTES, MOST_BODY_BYTES

ANYONE = "anyone"
SIGNED_IN = "signed-in"
ADMIN = "admin"
OPS = "ops"
APPROVER = "approver"
ROLES = frozenset({ADMIN, OPS, APPROVER})
UID_CHARS = 200
_SEPARATORS = re.compile(r"[\s,]+")


@dataclass(frozen=True, slots=True)
class Access:
    """What one route asks of its caller.

    One of `roles`; at most `per_minute` calls (0: as many as the stage lets through). `starts_work`: the route makes
    something, and takes an `Idempotency-Key`. A body has at most `most_bytes`.
    """

    roles: frozenset[str]
    per_minute: int = 0
    starts_work: bool = False
    most_bytes: int = MAX_BODY_BYTES


def _for(*roles: str, per_minute: int = 0, starts_work: bool = False, most_bytes: int = MAX_BODY_BYTES) -> Access:
    return Access(frozenset(roles), per_minute, starts_work, most_bytes)


ACCESS: Mapping[tuple[str, str], Access] = {
    ("GET", "/v1/health"): _for(ANYONE),
    ("GET", "/v1/schemas/trigger-event"): _for(ANYONE),
    ("GET", "/v1/openapi.json"): _for(SIGNED_IN),
    ("GET", "/v1/docs"): _for(SIGNED_IN),
    ("GET", "/v1/platform-types"): _for(ADMIN),
    ("GET", "/v1/platforms"): _for(ADMIN),
    ("POST", "/v1/platforms"): _for(ADMIN, starts_work=True),
    ("GET", "/v1/platforms/{id}"): _for(ADMIN),
    ("PUT", "/v1/platforms/{id}"): _for(ADMIN),
    ("DELETE", "/v1/platforms/{id}"): _for(ADMIN),
    ("GET", "/v1/platforms/{id}/removal"): _for(ADMIN),
    ("POST", "/v1/platforms/{id}/test"): _for(ADMIN, per_minute=20),
    ("GET", "/v1/trigger-rules"): _for(ADMIN),
    ("POST", "/v1/trigger-rules"): _for(ADMIN, starts_work=True),
    ("POST", "/v1/trigger-rules/preview"): _for(ADMIN),
    ("PUT", "/v1/trigger-rules/{id}"): _for(ADMIN),
    ("DELETE", "/v1/trigger-rules/{id}"): _for(ADMIN),
    ("GET", "/v1/events/{id}"): _for(OPS, ADMIN),
    ("GET", "/v1/push-logs"): _for(OPS, ADMIN),
    ("GET", "/v1/push-logs/{id}"): _for(OPS, ADMIN),
    ("POST", "/v1/push-logs/{id}/replay"): _for(OPS, ADMIN, per_minute=120, starts_work=True),
    ("GET", "/v1/push-logs/{id}/instance"): _for(OPS, ADMIN),
    ("GET", "/v1/push-logs/causes"): _for(OPS, ADMIN, per_minute=60),
    ("GET", "/v1/replays"): _for(OPS, ADMIN),
    ("POST", "/v1/replays"): _for(OPS, ADMIN, per_minute=20, starts_work=True),
    ("GET", "/v1/replays/{id}"): _for(OPS, ADMIN),
    ("DELETE", "/v1/replays/{id}"): _for(OPS, ADMIN),
    ("GET", "/v1/rejected-events"): _for(OPS, ADMIN),
    ("GET", "/v1/rejected-events/{id}"): _for(OPS, ADMIN),
    ("GET", "/v1/skipped-events"): _for(OPS, ADMIN),
    ("GET", "/v1/skipped-events/reasons"): _for(OPS, ADMIN, per_minute=60),
    ("POST", "/v1/rejected-events/{id}/replay"): _for(OPS, ADMIN, per_minute=120, starts_work=True),
    ("GET", "/v1/search"): _for(OPS, ADMIN, APPROVER, per_minute=60),
    ("GET", "/v1/ops/history"): _for(OPS, ADMIN, per_minute=60),
    ("GET", "/v1/ops/summary"): _for(OPS, ADMIN, per_minute=60),
    ("POST", "/v1/ops/queues/{name}/redrive"): _for(OPS, ADMIN, per_minute=20, starts_work=True),
    ("POST", "/v1/ops/reconcile"): _for(OPS, ADMIN, per_minute=20, starts_work=True),
    ("GET", "/v1/changes"): _for(ADMIN),
    ("DELETE", "/v1/people/{id}"): _for(ADMIN, per_minute=60),
    ("GET", "/v1/ai/settings"): _for(ADMIN),
    ("PUT", "/v1/ai/settings"): _for(ADMIN),
    ("GET", "/v1/ai/nodes"): _for(ADMIN),
    ("GET", "/v1/ai/nodes/{app_id}/{node_id}"): _for(ADMIN),
    ("PUT", "/v1/ai/nodes/{app_id}/{node_id}"): _for(ADMIN),
    ("GET", "/v1/ai/rules"): _for(APPROVER),
    ("GET", "/v1/ai/rules/{app_id}/{node_id}"): _for(APPROVER),
    ("PUT", "/v1/ai/rules/{app_id}/{node_id}"): _for(APPROVER),
    ("DELETE", "/v1/ai/rules/{app_id}/{node_id}"): _for(APPROVER),
    ("GET", "/v1/ai/rules/{app_id}/{node_id}/versions"): _for(APPROVER),
    ("POST", "/v1/ai/rules/{app_id}/{node_id}/versions/{n}/restore"): _for(APPROVER, starts_work=True),
    ("GET", "/v1/ai/rules/{app_id}/{node_id}/node"): _for(APPROVER),
    ("POST", "/v1/ai/clauses"): _for(APPROVER, ADMIN),
    ("POST", "/v1/ai/rules/{app_id}/{node_id}/try-checks"): _for(APPROVER, per_minute=60),
    ("POST", "/v1/ai/rules/{app_id}/{node_id}/propose-checks"): _for(APPROVER, ADMIN, per_minute=10, starts_work=True),
    ("POST", "/v1/ai/rules/{app_id}/{node_id}/dry-run"): _for(APPROVER, ADMIN, per_minute=10, starts_work=True),
    ("POST", "/v1/ai/rules/{app_id}/{node_id}/documents"): _for(
        APPROVER, ADMIN, per_minute=10, starts_work=True, most_bytes=MOST_BODY_BYTES
    ),
    ("GET", "/v1/ai/jobs/{id}"): _for(APPROVER, ADMIN),
    ("DELETE", "/v1/ai/jobs/{id}"): _for(APPROVER, ADMIN),
    ("GET", "/v1/ai/tasks"): _for(APPROVER),
    ("GET", "/v1/ai/tasks/{task_id}"): _for(APPROVER),
    ("POST", "/v1/ai/tasks/{task_id}/analyses"): _for(APPROVER, per_minute=60, starts_work=True),
    ("GET", "/v1/ai/count"): _for(APPROVER),
    ("GET", "/v1/ai/recommendations"): _for(APPROVER),
    ("DELETE", "/v1/ai/recommendations/{app_id}/{node_id}"): _for(APPROVER),
    ("GET", "/v1/ai/rule-updates"): _for(APPROVER),
    ("DELETE", "/v1/ai/rule-updates"): _for(APPROVER),
    ("GET", "/v1/ai/analyses/{id}"): _for(APPROVER),
    ("GET", "/v1/ai/analyses/{id}/stream"): _for(APPROVER),  # see LOOKS_A_MINUTE
    ("POST", "/v1/ai/analyses/{id}/feedback"): _for(APPROVER, starts_work=True),
    ("GET", "/v1/ai/agreement"): _for(APPROVER, ADMIN),
    ("GET", "/v1/ai/agreement/nodes"): _for(APPROVER, ADMIN),
    ("GET", "/v1/ai/agreement/nodes/{app_id}/{node_id}/clauses"): _for(APPROVER, ADMIN),
    ("GET", "/v1/ai/agreement/nodes/{app_id}/{node_id}/overrules"): _for(APPROVER, ADMIN),
    ("GET", "/v1/ai/agreement/nodes/{app_id}/{node_id}/coverage"): _for(APPROVER, ADMIN),
    ("GET", "/v1/ai/flips"): _for(ADMIN, per_minute=60),
    ("GET", "/v1/ai/audit"): _for(ADMIN),
    ("GET", "/v1/ai/late"): _for(OPS, ADMIN, per_minute=60),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: his own user id, which bounds every AI route, and his roles."""

    uid: str
    roles: frozenset[str]

    def may(self, access: Access) -> bool:
        """Whether one of the caller's roles is enough."""
        return not access.roles.isdisjoint({ANYONE, SIGNED_IN}) or not access.roles.isdisjoint(self.roles)


def read_caller(event: Mapping[str, Any], groups_claim: str, *, own_pool: bool = False) -> Caller | None:
    """The caller of a request (API Gateway, format 2.0), from the claims that its authorizer checked.

    None where there are no claims, or none that names a user of 1 to 200 characters. Raises Problem for a token that
    names its user otherwise than an ID token does: taken for one, it would make another person of the same user. In
    the pool that the stack made (`own_pool`) each user has a uid.
    """
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    if str(claims.get("token_use") or "id") != "id":
        words = f"Expected an ID token, got one for {claims['token_use']} (token_use)."
        raise Problem(401, "not_an_id_token", words, headers={"WWW-Authenticate": "Bearer"})
    if own_pool and claims and not claims.get("custom:uid"):
        raise Problem(403, "no_uid", "This user has no uid: an administrator of the user pool sets custom:uid.")
    uid = str(claims.get("custom:uid") or claims.get("sub") or "")
    if not 0 < len(uid) <= UID_CHARS:
        return None
    return Caller(uid, ROLES.intersection(_groups(claims.get(groups_claim))))


def _groups(claim: Any) -> Iterator[str]:
    """Names of groups. API Gateway makes the text `[a b]` of a list; other issuers write `a,b`, `a b` or JSON."""
    if isinstance(claim, list):
        yield from map(str, claim)
    elif isinstance(claim, str):
        names = _SEPARATORS.split(claim.strip().removeprefix("[").removesuffix("]"))
        yield from (name.strip("\"'") for name in names)
