"""What is asked in a night: over which nodes, and about which of their finished tasks.

Off, until the AI settings say how many questions a night may take (`nightly_flips`).
Nodes take turns from night to night. Each question counts towards the caps of the day as one of a dry run does, of
a person who is nobody: what people may still ask is the settings' to bound.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from ai_analyze.ports import AnalysisPorts
from taskbridge.ai.caps import day_of
from taskbridge.ai.jobs import MOST_QUESTIONS, NOBODY, QUESTIONS_A_FORM, AiJob, TryFlips
from taskbridge.ai.messages import JobMessage
from taskbridge.ai.rules import Check, DefaultRule, resolve_rule
from taskbridge.ai.seats import Seat
from taskbridge.errors import StaleVersion, StoreError
from taskbridge.moments import utc_stamp

NODE_SEATS = 50  # of a node that are looked at: a task has some
PAGE = 100


@dataclass(frozen=True, slots=True)
class _Night:
    day: str
    ports: AnalysisPorts

    def begin(self, budget: int) -> int:
        """Begin the jobs of this night; how many there are."""
        jobs = list(self._plan(budget))
        for job in jobs:
            with suppress(StaleVersion):  # begun by an invocation before, which may have died behind it
                self.ports.jobs.add(job, self.ports.clock())
        if self.ports.requests.outbox.send([JobMessage(NOBODY, job.id) for job in jobs]):
            raise StoreError("SendMessageBatch: refused")
        return len(jobs)

    def _plan(self, budget: int) -> Iterator[AiJob]:
        settings = self.ports.switches().settings
        nodes = [rule for rule in self._defaults() if _checks(rule) and resolve_rule(settings, None, rule, rule.app_id)]
        for rule in _in_turn(nodes, self.day, budget // MOST_QUESTIONS):
            forms = min(budget, MOST_QUESTIONS) // QUESTIONS_A_FORM
            if not forms:
                return
            seats = self._past(rule, forms)
            if seats:
                budget -= len(seats) * QUESTIONS_A_FORM
                yield self._job(rule, seats)

    def _defaults(self) -> Iterator[DefaultRule]:
        page = self.ports.rules.list_defaults(None, PAGE)
        yield from page.items
        while page.next:
            page = self.ports.rules.list_defaults(page.next, PAGE)
            yield from page.items

    def _past(self, rule: DefaultRule, most: int) -> list[Seat]:
        """Everybody's latest finished tasks on the node, each form once."""
        page = self.ports.seats.list_node_done(rule.app_id, rule.node_id, limit=NODE_SEATS)
        by_form = {seat.form_hash: seat for seat in page.items if seat.form_hash and seat.received_on}
        return list(by_form.values())[:most]

    def _job(self, rule: DefaultRule, seats: Sequence[Seat]) -> AiJob:
        node = hashlib.sha256(f"{rule.app_id}\n{rule.node_id}".encode()).hexdigest()[:16]
        return AiJob(
            id=f"{self.day}.{node}",
            uid=NOBODY,
            app_id=rule.app_id,
            node_id=rule.node_id,
            wanted=TryFlips(
                day=self.day,
                node_name=rule.node_name,
                rule=rule.rule,
                keynote=rule.keynote,
                file_key=rule.file_key,
                checks=_checks(rule),
            ),
            task_ids=tuple(seat.task_id for seat in seats),
            owners=tuple(seat.uid for seat in seats),
            created_at=utc_stamp(self.ports.clock()),
        )


def begin_night(ports: AnalysisPorts) -> int:
    """Begin the jobs of a night; how many. The same night again begins no others. Raises StoreError."""
    settings = ports.switches().settings
    budget = settings.nightly_flips if settings.examine_enable else 0
    return _Night(day_of(ports.clock()), ports).begin(budget) if budget else 0


def _checks(rule: DefaultRule) -> tuple[Check, ...]:
    """Those that decide their clause alone: what they come to is what the clause must come to."""
    return tuple(check for check in rule.confirmed_checks if check.covers)


def _in_turn(nodes: Sequence[DefaultRule], day: str, a_night: int) -> list[DefaultRule]:
    """The nodes from the one on whose turn it is."""
    first = date.fromisoformat(day).toordinal() * max(1, a_night) % len(nodes) if nodes else 0
    return [*nodes[first:], *nodes[:first]]
