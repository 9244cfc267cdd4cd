"""Releases what is due of one platform to the push queue, portion by portion (see feeding)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reconciler.documents import Key, build_wake, each_alone, kinds_of, load, work_left
from reconciler.feeding import LAST_S, Feed, lasts_until
from reconciler.ports import RunPorts
from taskbridge.errors import StoreError
from taskbridge.tables.instances import StoredInstance

LEASE_S = 900.0  # what nobody has finished by then is released again
PIECE = 20  # instances that are read, lent and sent together
LOOKED_AT = 100  # of the oldest and of the newest, for calls that are known to go well


@dataclass(slots=True)
class Drain:
    """One platform in one run, which began at `begun_at` and ends before `deadline`.

    `first`: the kind of call by which the platform was seen to be back, empty where it was not away. What else is due
    may be what it fails on, and comes after.
    """

    platform_id: str
    feed: Feed
    begun_at: float
    deadline: float
    ports: RunPorts
    first: str = ""
    room: int = 0  # calls that may still be released in this portion
    is_refused: bool = False  # the queue does not take everything
    left: set[Key] = field(default_factory=set)  # due, and cannot be released

    def release_portion(self) -> bool:
        """Release what the queue has room for; tells whether this run should look again. Raises StoreError."""
        now = self.ports.clock()
        is_last = now + LAST_S >= self.deadline
        until = lasts_until(now, self.begun_at, is_last=is_last)
        most = max(1, self.feed.most(now, until))
        due = self._list(now, most + len(self.left))
        if due:
            self.room = self._find_room(now, until)
            self._release(due)
        is_more = len(due) >= most or bool(due and self.room <= 0)
        return not is_last and (is_more or self.feed.goes_on(now, self.deadline))

    def _list(self, now: float, most: int) -> list[Key]:
        """What is due and can be released: the oldest first, but for the calls that are known to go well."""
        listed = self.ports.instances.due(self.platform_id, now, most)
        if self.first and listed:
            newest = self.ports.instances.due(self.platform_id, now, LOOKED_AT, newest_first=True)
            kinds = kinds_of(list(dict.fromkeys([*listed[:LOOKED_AT], *newest])), self.ports)
            well = [key for key, kind in kinds.items() if kind == self.first]
            listed = list(dict.fromkeys([*well, *listed]))[:most]
        return [key for key in listed if key not in self.left]

    def _find_room(self, now: float, until: float) -> int:
        queued = self.ports.outbox.depth()
        if not self.feed.rate_per_s:
            return self.feed.room(now, until, 0.0, queued)
        self.feed.hear(self.ports.coordination.cursor(self._name))
        return self.feed.room(now, until, self.ports.coordination.line_end(self.platform_id), queued)

    def _release(self, due: Sequence[Key]) -> None:
        """Release the first of these, until the room is used up. What fails is told when the others are done."""
        sent = start = 0
        failed: dict[Key, StoreError] = {}
        self.is_refused = False
        while start < len(due) and self._goes_on(failed):
            keys = due[start : start + min(PIECE, self.room)]
            done, failed = each_alone(self._lend, keys)
            sent, start = sent + len(done), start + len(keys)
        self.left |= failed.keys()
        if sent:
            self.ports.journal.drained(self.platform_id, sent)
            self._share()
        if failed or self.is_refused:
            raise next(iter(failed.values()), StoreError("SendMessageBatch: refused"))

    def _goes_on(self, failed: dict[Key, StoreError]) -> bool:
        return self.room > 0 and not failed and not self.is_refused and self.ports.clock() < self.deadline

    def _share(self) -> None:
        """Let other runs know how far the platform is fed."""
        if self.feed.rate_per_s and self.feed.fed_until > self.feed.shared:
            self.ports.coordination.move_cursor(self._name, self.feed.fed_until)
            self.feed.shared = self.feed.fed_until

    def _lend(self, keys: Sequence[Key]) -> list[Key]:
        """Take instances off the list for a while, and send them; who changed meanwhile is left to who changed it."""
        now = self.ports.clock()
        chosen, lent = [], []
        for stored in load(keys, self.ports):
            if self.room <= 0:
                break
            calls = work_left(stored.instance)
            # One that cannot be read is told again after as long, and is not in the way of the others.
            stored.instance.due_at = now + LEASE_S if calls or stored.unreadable else 0.0
            self.room -= self.feed.take(_key(stored), calls, now) if calls else 0
            chosen.append(stored)
            lent += [stored] if calls else []
        stale = self.ports.instances.save(chosen)
        sure = [stored for stored in lent if stored.key not in stale]
        return self._send(sure + self._lent_unheard([stored for stored in lent if stored.key in stale]), now)

    def _lent_unheard(self, stale: Sequence[StoredInstance]) -> list[StoredInstance]:
        """Of what others seem to have changed, what this run has: the answer got lost, and the SDK asked in vain."""
        mine = {stored.key: stored.instance.due_at for stored in stale}
        again = load([_key(stored) for stored in stale], self.ports) if stale else []
        return [stored for stored in again if stored.due_at == mine[stored.key]]

    def _send(self, lent: list[StoredInstance], now: float) -> list[Key]:
        """Send what is lent; what the queue refuses is due again at once, and ends the portion."""
        messages = [build_wake(_key(stored), "due", now) for stored in lent]
        refused = self.ports.outbox.send(messages) if messages else set()
        for position in refused:
            lent[position].instance.due_at = now
        if refused:
            self.is_refused = True
            self.ports.instances.save([lent[position] for position in sorted(refused)])
        return [_key(stored) for position, stored in enumerate(lent) if position not in refused]

    @property
    def _name(self) -> str:
        return f"fed#{self.platform_id}"


def _key(stored: StoredInstance) -> Key:
    return stored.instance.platform_id, stored.instance.sess_id
