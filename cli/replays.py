"""`taskbridge replay` and `taskbridge reconcile`: push again, and watch it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from cli.api import path_of
from cli.errors import WRONG_USE, CommandError
from cli.screen import Column, build_facts, build_table
from cli.session import Session

POLL_S = 2.0
_RUNNING = "running"
_REPLAYED: Sequence[Column] = (("Push log", "id"), ("Instance", "sess_id"), ("Asked", "requested_at"))
_DIFFERENCES: Sequence[Column] = (
    ("Instance", "sess_id"),
    ("Task", lambda each: each["task_id"] or "the instance"),
    ("Why it is sent again", "reason"),
)


def replay(options: argparse.Namespace, session: Session) -> int:
    """Push logs again, one by one or by a job; show or stop such a job."""
    ways = [bool(options.ids), bool(options.status), bool(options.job), bool(options.stop)]
    if sum(ways) != 1:
        raise CommandError("Name ids of push logs, or one of --failed, --retrying, --job and --stop.", WRONG_USE)
    if options.ids:
        return _replay_each(options.ids, session)
    if options.stop:
        return _show_job(session.api.delete(path_of("replays", options.stop)), session)
    if options.job:
        job = session.api.get(path_of("replays", options.job))
    else:
        job = session.api.post("/v1/replays", _wanted(options))
    return _show_job(job if options.no_wait else _watch(job, session), session)


def reconcile(options: argparse.Namespace, session: Session) -> int:
    """Compare with the log, and push again what it does not prove."""
    wanted = {"platform_id": options.platform_id, **({"sess_id": options.session} if options.session else {})}
    answer = session.api.post("/v1/ops/reconcile", wanted)
    if answer["job_id"]:
        job = session.api.get(path_of("replays", answer["job_id"]))
        return _show_job(job if options.no_wait else _watch(job, session), session)
    session.screen.show(answer, build_table("Sent again", _DIFFERENCES, answer["differences"]))
    return 0


def _replay_each(ids: Sequence[str], session: Session) -> int:
    found = []
    with session.screen.progress() as progress:
        bar = progress.add_task("Replays asked for", total=len(ids))
        for each in ids:
            found.append(session.api.post(path_of("push-logs", each, "replay")))
            progress.advance(bar)
    session.screen.show(found, build_table("On their way again", _REPLAYED, found))
    return 0


def _wanted(options: argparse.Namespace) -> dict[str, Any]:
    named = {
        "status": options.status,
        "platform_id": options.platform,
        "app_id": options.app,
        "from": options.from_,
        "to": options.to,
        "rate_per_s": options.rate,
        "dry_run": options.dry_run or None,
    }
    return {name: value for name, value in named.items() if value is not None}


def _watch(job: Mapping[str, Any], session: Session) -> Mapping[str, Any]:
    """The job when it has ended. Ctrl-C ends the watching, not the job."""
    if job["status"] != _RUNNING:
        return job
    session.screen.tell(f"Job {job['id']} is under way; Ctrl-C only stops the watching.")
    with session.screen.progress() as progress:
        bar = progress.add_task(_describe(job), total=job["count"])
        while job["status"] == _RUNNING:
            session.world.sleep(POLL_S)
            job = session.api.get(path_of("replays", str(job["id"])))
            progress.update(bar, completed=job["looked_at"], total=job["count"], description=_describe(job))
    return job


def _describe(job: Mapping[str, Any]) -> str:
    return f"{job['sent']} sent, {job['left_out']} left out"


def _show_job(job: Mapping[str, Any], session: Session) -> int:
    count = job["count"]
    facts = {
        "id": job["id"] or "none: it was only counted",
        "status": job["status"],
        "platforms": ", ".join(job["platform_ids"]),
        "count": count if count is None or job["count_is_exact"] else f"{count} or more",
        "looked at": job["looked_at"],
        "sent": job["sent"],
        "left out": job["left_out"],
        "asked by": job["created_by"],
        "updated": job["updated_at"],
        "finished": job["finished_at"],
    }
    session.screen.show(job, build_facts("Job", facts))
    return 0
