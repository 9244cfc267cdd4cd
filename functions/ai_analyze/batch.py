"""A batch of the analysis queue: its messages side by side, each kept invisible while it is worked at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field

from ai_analyze.analyse import analyse
from ai_analyze.jobs import run_job
from ai_analyze.ports import AnalysisPorts
from taskbridge.ai.messages import JobMessage, parse_analysis_message
from taskbridge.errors import StoreError, TaskbridgeError
from taskbridge.queues import Record, Visibility

BEAT_S = 30.0
HIDDEN_S = 120.0
FAILED_AGAIN_IN_S = 10.0


def analyse_batch(records: Sequence[Record], ports: AnalysisPorts, heartbeat: Heartbeat, pool: Executor) -> list[str]:
    """Give each message its turn. Returns the ids of those that stay in the queue."""

    def take_turn(record: Record) -> bool:
        again_in = _turn(record, ports)
        if again_in is not None:
            # At once: the slowest of the batch must not hold the others up.
            heartbeat.let_go(record.receipt_handle, again_in)
        return again_in is not None

    single = _without_doubles(records)
    turns = [pool.submit(take_turn, record) for record in single]
    return [record.message_id for record, turn in zip(single, turns, strict=True) if _stays(record, turn, ports)]


def _without_doubles(records: Sequence[Record]) -> list[Record]:
    """The records, of those that say the same only the one received most often: it stays for all of them, if it must.

    Beside it another would wait out the lease of its worker, and find that there is nothing left to do.
    """
    kept: dict[str, Record] = {}
    for record in records:
        known = kept.get(record.body)
        if known is None or record.receives > known.receives:
            kept[record.body] = record
    return list(kept.values())


def _stays(record: Record, turn: Future[bool], ports: AnalysisPorts) -> bool:
    """Whether a message stays: also one that brought its turn down, which must not take the others with it."""
    error = turn.exception()
    if error is not None:
        ports.journal.failed(record.message_id, error)
        return True
    return turn.result()


def _turn(record: Record, ports: AnalysisPorts) -> float | None:
    """Seconds until a message has to come again; None where it is done with."""
    try:
        message = parse_analysis_message(record.body)
        if isinstance(message, JobMessage):
            end = run_job(message, ports)
            ports.journal.job_ended(message, end)
            return end.again_in
        end, review = analyse(message, record.receives, ports)
    except TaskbridgeError as error:
        ports.journal.failed(record.message_id, error)
        return FAILED_AGAIN_IN_S
    ports.journal.ended(message, end, review)
    return end.again_in


@dataclass
class Heartbeat:
    """Keeps what is under way: the messages invisible, the leases alive. One thread for a batch."""

    queue: Visibility
    receipts: set[str]
    _renewals: set[Callable[[], None]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ended: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Around the work on the batch."""
        thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    @contextmanager
    def keep(self, renew: Callable[[], None]) -> Iterator[None]:
        """Around one piece of work: `renew` is called at every beat."""
        with self._lock:
            self._renewals.add(renew)
        try:
            yield
        finally:
            with self._lock:
                self._renewals.discard(renew)

    def let_go(self, receipt: str, seconds: float) -> None:
        """A message is to come again in so many seconds."""
        with self._lock:
            self.receipts.discard(receipt)
        self.queue.hide([(receipt, seconds)])

    def beat(self) -> None:
        """Hide the messages, and renew what is under way.

        What a worker that dies leaves is visible again after two minutes, not after the function's longest run.
        """
        with self._lock:
            receipts, renewals = list(self.receipts), list(self._renewals)
        self.queue.hide([(receipt, HIDDEN_S) for receipt in receipts])
        for renew in renewals:
            self._try(renew)

    def _beat(self) -> None:
        self.beat()
        while not self._ended.wait(BEAT_S):
            self.beat()

    @staticmethod
    def _try(renew: Callable[[], None]) -> None:
        try:
            renew()
        except StoreError:
            return  # the lease lasts for three more beats
