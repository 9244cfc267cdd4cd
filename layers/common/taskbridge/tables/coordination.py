"""The coordination table: small items by which the workers of the fleet agree. Keys: `breaker#<platform>`,
`rate#<platform>`, `seats#<platform>` (see agreements), `cursor#<name>`, `token#<platform>` (see tokens_ssm),
`upload#<platform>#<content>` (see the uploads of ai_analyze).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from taskbridge.tables.dynamo import Item, Value, number, text, to_item
from taskbridge.tables.table import Table


@dataclass(frozen=True, slots=True)
class BreakerState:
    """A breaker as it is stored; times in epoch seconds.

    `probe_until`: somebody is trying until then. `quiet_until`: the platform asked to be left alone until then.
    `wants_money`: it is open because a quota is used up. `answered_at`: the last answer of an AI platform, to a minute.
    """

    is_open: bool = False
    opened_at: float = 0.0
    probe_until: float = 0.0
    reason: str = ""
    quiet_until: float = 0.0
    wants_money: bool = False
    answered_at: float = 0.0


class CoordinationTable(Table):
    """Breaker states, the ends of lines, and cursors on DynamoDB."""

    def read_breaker(self, platform_id: str) -> BreakerState:
        """The breaker of a platform; closed where nothing is stored."""
        item = self._get(f"breaker#{platform_id}")
        return BreakerState(
            is_open=text(item, "state") == "open",
            opened_at=number(item, "opened_at"),
            probe_until=number(item, "probe_until"),
            reason=text(item, "reason"),
            quiet_until=number(item, "quiet_until"),
            wants_money=bool(number(item, "wants_money")),
            answered_at=number(item, "answered_at"),
        )

    def open_breaker(self, platform_id: str, now: float, reason: str, *, wants_money: bool = False) -> bool:
        """Open it, unless it is open; tells whether this call did."""
        return self._change(
            f"breaker#{platform_id}",
            {"state": "open", "opened_at": now, "reason": reason[:200], "probe_until": 0, "wants_money": +wants_money},
            "attribute_not_exists(#state) OR #state <> :open",
            {":open": "open"},
        )

    def close_breaker(self, platform_id: str, now: float) -> bool:
        """Close it, unless it is closed; tells whether this call did."""
        sets: dict[str, Value] = {"state": "closed", "closed_at": now}
        return self._change(f"breaker#{platform_id}", sets, "#state = :open", {":open": "open"})

    def take_probe(self, platform_id: str, now: float, lease_s: float) -> bool:
        """Be the one that may try through an open breaker, for `lease_s` seconds."""
        return self._change(
            f"breaker#{platform_id}",
            {"probe_until": now + lease_s},
            "#state = :open AND #probe_until <= :now",
            {":now": now, ":open": "open"},
        )

    def keep_quiet(self, platform_id: str, until: float) -> bool:
        """Nobody calls the platform until then, unless it asked for longer; tells whether this call changed it."""
        return self._raise(f"breaker#{platform_id}", "quiet_until", until)

    def note_answer(self, platform_id: str, at: float) -> bool:
        """The platform answered then; tells whether this call changed it."""
        return self._raise(f"breaker#{platform_id}", "answered_at", at)

    def line_end(self, platform_id: str) -> float:
        """When the fleet's line in front of the platform is next free, in epoch seconds; 0 where there is none."""
        return number(self._get(f"rate#{platform_id}"), "next_at")

    def cursor(self, name: str) -> float:
        """A stored position, 0 where there is none."""
        return number(self._get(f"cursor#{name}"), "position")

    def move_cursor(self, name: str, position: float) -> None:
        """Store a position, unless a later one stands there."""
        self._raise(f"cursor#{name}", "position", position)

    def _get(self, key: str) -> Item:
        return self._item(to_item({"key": key})) or {}

    def _raise(self, key: str, name: str, value: float) -> bool:
        """Set an attribute that only grows."""
        return self._change(key, {name: value}, f"attribute_not_exists(#{name}) OR #{name} < :new", {":new": value})

    def _change(self, key: str, sets: Mapping[str, Value], condition: str, values: Mapping[str, Value]) -> bool:
        """Tried once: who comes next decides anew."""
        return self._update(to_item({"key": key}), tries=1, sets=to_item(sets), condition=condition, values=values)
