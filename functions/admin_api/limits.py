"""Bounds on what one caller may ask: calls a minute, questions a day, and work that starts only once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from admin_api.problems import Problem
from taskbridge.ai.caps import reached_cap, seconds_to_tomorrow
from taskbridge.moments import DAY_S
from taskbridge.tables.dynamo import Attributes, key_part, number, text, to_item
from taskbridge.tables.table import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

    from admin_api.wiring import Services

MAX_KEY_CHARS = 200
KEPT_S = DAY_S  # how long an answer is repeated for its key
UNDER_WAY_S = 60  # after that a call that began has ended, whatever became of it
_MINUTE_S = 60
_ANSWER_BYTES = 300_000


class _Clocked(Table):
    """Writes with the time, in epoch seconds."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], float]) -> None:
        super().__init__(client, table)
        self._clock = clock


class CallCounter(_Clocked):
    """Counts the calls of each caller by the minute, in the coordination table."""

    def take(self, route: str, uid: str, per_minute: int) -> None:
        """Count a call. Raises Problem (429) where it is one too many, StoreError."""
        now = self._clock()
        minute = int(now // _MINUTE_S)
        key = f"calls#{hashlib.sha256(route.encode()).hexdigest()[:16]}#{key_part(uid)}#{minute}"
        sets = to_item({"expires_at": (minute + 5) * _MINUTE_S})
        counted = self._updated(to_item({"key": key}), sets=sets, adds={"calls": 1})
        if counted and number(counted, "calls") > per_minute:
            wait = str(max(1, round((minute + 1) * _MINUTE_S - now)))
            detail = f"At most {per_minute} calls a minute. Try again in {wait} s."
            raise Problem(429, "too_many_calls", detail, headers={"Retry-After": wait})


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What a call with a key was answered."""

    status: int
    body: str


class IdempotencyKeys(_Clocked):
    """Calls that start work, by their `Idempotency-Key`, in the coordination table."""

    def begin(self, scope: str, uid: str, request: str) -> StoredAnswer | None:
        """Take the key; the answer where a call with it has ended already.

        `scope` is the route and the key, `request` a digest of what is asked. Raises Problem: 409 while another call
        with the key is under way, 422 where the key came with another request.
        """
        now = self._clock()
        taken = self._update(
            _key(scope, uid),
            sets=to_item({"request": request, "until": now + UNDER_WAY_S, "expires_at": int(now) + KEPT_S}),
            condition="attribute_not_exists(#key) OR (attribute_not_exists(#answer) AND #until < :now)",
            values={":now": now},
        )
        if taken:
            return None
        found = self._item(_key(scope, uid)) or {}
        if text(found, "request") != request:
            raise Problem(422, "idempotency_key_reused", "This Idempotency-Key came with another request before.")
        if "answer" not in found:
            raise Problem(
                409, "in_progress", "A call with this Idempotency-Key is under way.", headers={"Retry-After": "2"}
            )
        return StoredAnswer(int(number(found, "status")), text(found, "answer"))

    def end(self, scope: str, uid: str, answer: StoredAnswer) -> None:
        """Keep the answer for the calls that come with the same key. One that is too large is not repeated."""
        if len(answer.body.encode()) > _ANSWER_BYTES:
            return
        self._update(_key(scope, uid), sets=to_item({"answer": answer.body, "status": answer.status}))

    def give_up(self, scope: str, uid: str) -> None:
        """Free the key: the call failed, and the same one may be tried again."""
        self._update(_key(scope, uid), sets=to_item({"until": 0}))


def _key(scope: str, uid: str) -> Attributes:
    return to_item({"key": f"idempotency#{hashlib.sha256(scope.encode()).hexdigest()}#{key_part(uid)}"})


def admit(uid: str, app_id: str, node_id: str, services: Services) -> None:
    """Raises Problem (429) where a cap of today is reached: it says which, and when the next day begins.

    The worker holds the caps; here they are told before anything begins.
    """
    now = services.clock()
    settings = services.switches().settings
    cap = reached_cap(settings, services.questions.read(uid, app_id, node_id, now))
    if cap:
        detail = f"as much was asked today as {cap} allows ({getattr(settings, cap):g} a day): try again tomorrow"
        raise Problem(429, "daily_limit", detail, headers={"Retry-After": str(round(seconds_to_tomorrow(now)))})
