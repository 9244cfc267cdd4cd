"""`taskbridge replay` and `taskbridge reconcile`: push again what tasks should be now, and watch it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from cli.api import path_of
from cli.errors import WRONG_USE, CommandError
from cli.screen import Column, build_facts, build_table
from cli.session import Session
from cli.verbs import DEFAULT_LIMIT, DryRun, From, Limit, NoWait, OfApp, OfPlatform, To, Verbs

POLL_S = 2.0
_RUNNING = "running"
_REPLAYED: Sequence[Column] = (("Push log", "id"), ("Instance", "sess_id"), ("Asked", "requested_at"))
_DIFFERENCES: Sequence[Column] = (
    ("Instance", "sess_id"),
    ("Task", lambda each: each["task_id"] or "the instance"),
    ("Why it is sent again", "reason"),
)


_JOBS: Sequence[Column] = (
    ("Job", "id"),
    ("Kind", "kind"),
    ("Status", "status"),
    ("Platforms", lambda job: ", ".join(job["platform_ids"])),
    ("Sent", "sent"),
    ("By", "created_by"),
    ("Begun", "created_at"),
)
JobId = Annotated[str, typer.Argument(metavar="JOB", help="Id of the job.")]
app = Verbs("Push again what tasks should be now: single logs, or all that failed.", unnamed="start")


@app.verb("start")
def replay(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(metavar="LOG...", help="Ids of push logs.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Every log that failed.")] = False,
    retrying: Annotated[bool, typer.Option("--retrying", help="Every log that is still tried.")] = False,
    platform_id: OfPlatform = None,
    app_id: OfApp = None,
    from_: From = None,
    to: To = None,
    rate: Annotated[float | None, typer.Option(min=0.01, metavar="PER_SECOND", help="How fast.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why, for the list of replays.")] = None,
    dry_run: DryRun = False,
    no_wait: NoWait = False,
) -> int:
    """Push logs again, one by one or by a job, which is watched. `start` may be left out."""
    session: Session = context.obj
    if bool(ids) + failed + retrying != 1:
        raise CommandError("Name ids of push logs, or one of --failed and --retrying.", WRONG_USE)
    if ids:
        return _replay_each(ids, session)
    wanted = {
        "status": "failed" if failed else "retrying",
        "platform_id": platform_id,
        "app_id": app_id,
        "from": session.moment(from_),
        "to": session.moment(to),
        "rate_per_s": rate,
        "reason": reason,
        "dry_run": dry_run or None,
    }
    job = session.api.post("/v1/replays", {name: value for name, value in wanted.items() if value is not None})
    return _show_job(job if no_wait else _watch(job, session), session)


@app.verb("list")
def list_jobs(context: typer.Context, limit: Limit = DEFAULT_LIMIT) -> int:
    """The jobs, the newest first: how far each is, and who began it."""
    session: Session = context.obj
    found = session.api.items("/v1/replays", {}, limit)
    session.screen.show(found, build_table("Replays", _JOBS, found))
    return 0


@app.verb("show")
def show_job(context: typer.Context, job_id: JobId, no_wait: NoWait = False) -> int:
    """One job, watched to its end."""
    session: Session = context.obj
    job = session.api.get(path_of("replays", job_id))
    return _show_job(job if no_wait else _watch(job, session), session)


@app.verb("stop")
def stop_job(context: typer.Context, job_id: JobId) -> int:
    """Stop a job. What it sent goes on."""
    session: Session = context.obj
    return _show_job(session.api.delete(path_of("replays", job_id)), session)


def reconcile(
    context: typer.Context,
    platform_id: Annotated[str, typer.Argument(metavar="PLATFORM")],
    sess_id: Annotated[str, typer.Option("--session", metavar="ID", help="Only this process instance.")] = "",
    no_wait: NoWait = False,
) -> int:
    """Compare with the log, and push again what it does not prove."""
    session: Session = context.obj
    wanted = {"platform_id": platform_id, **({"sess_id": sess_id} if sess_id else {})}
    answer = session.api.post("/v1/ops/reconcile", wanted)
    if answer["job_id"]:
        job = session.api.get(path_of("replays", answer["job_id"]))
        return _show_job(job if no_wait else _watch(job, session), session)
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
