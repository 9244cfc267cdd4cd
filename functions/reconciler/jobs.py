"""Works off the bulk jobs of operators, slice by slice, for as long as a run lasts.

A job belongs to one worker at a time, by a lease. Each slice sends first and saves then: who dies between leaves a
slice that the next worker does once more, with messages that the queue recognises (see taskbridge.push.jobs).
"""

from __future__ import annotations

from reconciler.comparisons import next_comparisons
from reconciler.ports import JobPorts
from reconciler.replays import next_replays
from reconciler.slices import Slice
from taskbridge.errors import StoreError
from taskbridge.moments import utc_stamp
from taskbridge.push.jobs import JobKind, JobStatus, PushJob, finish, note_slice

LEASE_S = 90.0  # a run ends before
SLICE = 100  # logs of a replay
SLICE_S = 1.0  # or as many as go in this time, so that progress is seen


def work_off(ports: JobPorts, deadline: float) -> None:
    """Work on the jobs that run until `deadline`, each at its rate. What fails is left to the next run, it alone."""
    holder = ports.new_id()
    taken = [job for job_id in ports.jobs.active() if (job := _take(job_id, holder, ports))]
    while taken:
        job = min(taken, key=lambda each: each.next_at)
        if max(job.next_at, ports.clock()) >= deadline:
            break
        ports.sleep(max(0.0, job.next_at - ports.clock()))
        if not _advance(job, holder, ports):
            taken.remove(job)
    for job in taken:
        ports.journal.worked(job)
        _release(job, holder, ports)


def _advance(job: PushJob, holder: str, ports: JobPorts) -> bool:
    """Do one slice; tells whether to go on."""
    try:
        is_kept = _do_slice(job, holder, ports)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this job's
        ports.journal.interrupted(job.id, error)
        _release(job, holder, ports)
        return False
    if job.status is not JobStatus.RUNNING:
        ports.journal.worked(job)
    return is_kept and job.status is JobStatus.RUNNING


def _do_slice(job: PushJob, holder: str, ports: JobPorts) -> bool:
    """Send, then save; False where the job was stopped or belongs to another by now."""
    found = _look(job, ports)
    if ports.outbox.send(found.messages):
        raise StoreError("SendMessageBatch: refused")
    now = ports.clock()
    stamp = utc_stamp(now)
    note_slice(job, looked_at=found.looked_at, sent=found.wanted, now=now, stamp=stamp)
    if found.is_last:
        finish(job, stamp)
    return ports.jobs.save(job, holder, now, LEASE_S)


def _look(job: PushJob, ports: JobPorts) -> Slice:
    """The next slice of a job; moves its position."""
    if job.kind is JobKind.REPLAY:
        most = max(1, min(SLICE, int(job.rate_per_s * SLICE_S)))
        return next_replays(job, ports.logs, most)
    return next_comparisons(job, ports)


def _take(job_id: str, holder: str, ports: JobPorts) -> PushJob | None:
    try:
        return ports.jobs.take(job_id, holder, ports.clock(), LEASE_S)
    except Exception as error:  # noqa: BLE001 - one that a newer release wrote stops no other
        ports.journal.interrupted(job_id, error)
        return None


def _release(job: PushJob, holder: str, ports: JobPorts) -> None:
    """Where that fails, the lease ends by itself."""
    try:
        ports.jobs.release(job.id, holder)
    except StoreError as error:
        ports.journal.interrupted(job.id, error)
