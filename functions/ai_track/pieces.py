"""How much one turn takes on, and how what is more is split.

The budget of the AI queue, proven by tests/unit/ai_track/test_pieces.py for every timeout and every number of receives
that the template accepts:

- A turn works on at most SEATS_A_TURN seats of a message; what has more is sent on in at most MOST_PIECES messages, ten
  a call, each of which is split again where it has to be.
- A turn that runs out of time sends what it did not come to as fresh messages, so that waiting burns no receive. What
  is done is found done: seats that are as they should be are left alone, at the price of one read for a hundred.
- A message says how many led to it. The one with the most goes first, and after MAX_TURNS it stays in the queue
  instead, where its receives count: so the function may send to its own queue without ever going round for good, which
  Lambda would take it for after 16 times (the template's RecursiveLoop).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from taskbridge.ai.process_seats import Places

SEATS_A_TURN = 20
MOST_PIECES = 100
MAX_TURNS = 500
_NOBODY: tuple[None] = (None,)


def weight_of(places: Places) -> int:
    """How many seats these are; a task without any counts as one."""
    return sum(max(1, len(people)) for people in places.values())


def split(places: Places) -> list[dict[str, list[str]]]:
    """The seats in pieces of at least SEATS_A_TURN seats (the last may have fewer), and at most MOST_PIECES."""
    size = max(SEATS_A_TURN, -(-weight_of(places) // MOST_PIECES))
    seats = ((task_id, uid) for task_id, people in places.items() for uid in people or _NOBODY)
    return list(iter(lambda: gather(islice(seats, size)), {}))


def gather(seats: Iterable[tuple[str, str | None]]) -> dict[str, list[str]]:
    """Seats by task, of (task id, uid); a task without any has the uid None."""
    places: dict[str, list[str]] = {}
    for task_id, uid in seats:
        people = places.setdefault(task_id, [])
        if uid is not None:
            people.append(uid)
    return places
