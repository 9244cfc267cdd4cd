"""The next slice of a comparison: the instances of a few pages of a platform, held against their logs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from reconciler.ports import JobPorts
from reconciler.slices import Slice
from taskbridge.push.differences import build_sync, events_of, find_differences
from taskbridge.push.instances import Instance
from taskbridge.push.jobs import PushJob
from taskbridge.push.logs import PushLog
from taskbridge.push.messages import SyncMessage
from taskbridge.tables.push_log_pages import LogPage
from taskbridge.tables.push_logs import load_own

PAGES = 20


def next_comparisons(job: PushJob, ports: JobPorts) -> Slice:
    """The instances of some `PAGES` pages of one day, each page once; moves the position of the job behind them."""
    if job.partition >= len(job.platform_ids):
        return Slice(0, 0, [], is_last=True)
    platform_id = job.platform_ids[job.partition]
    since = float(job.position[0]) if job.position else _seconds(job.start)
    end = _seconds(job.end)
    pages, reached = ports.pages.stretch(platform_id, since, end, PAGES)
    documents, messages = _compare(job, platform_id, pages, ports)
    if reached >= end:
        job.partition, job.position = job.partition + 1, ()
    else:
        job.position = (repr(reached),)
    return Slice(documents, len(messages), messages, is_last=job.partition >= len(job.platform_ids))


def _compare(
    job: PushJob, platform_id: str, pages: Iterable[LogPage], ports: JobPorts
) -> tuple[int, list[SyncMessage]]:
    keys = dict.fromkeys((platform_id, sess_id) for page in pages for sess_id in page.instances)
    documents = [stored.instance for stored in ports.instances.load(list(keys)).values()] if keys else []
    wanted = [(event_id, platform_id, each.sess_id) for each in documents for event_id in events_of(each)]
    logs = load_own(ports.logs, wanted)
    messages = []
    for document in documents:
        own = [log for (_, _, sess_id), log in logs.items() if sess_id == document.sess_id]
        message = _message(job, document, own, ports.clock())
        messages += [message] if message else []
    return len(documents), messages


def _message(job: PushJob, document: Instance, logs: list[PushLog], now: float) -> SyncMessage | None:
    """What has to be sent of an instance. One that was tried since the job was asked for stands in other pages too."""
    if any(_seconds(log.updated_at) > _seconds(job.asked_at) for log in logs):
        return None
    differences = find_differences(document, logs, now)
    return build_sync(document, differences, f"{job.kind}:{job.id}", job.asked_at) if differences else None


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()
