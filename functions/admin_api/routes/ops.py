"""Operations: the summary, dead letters, comparisons."""

from __future__ import annotations

from admin_api.api import Api
from admin_api.asking import configured_platforms
from admin_api.comparing import Comparison
from admin_api.dead_letters import redrive
from admin_api.models.ops import (
    AiQuestions,
    ReconcileAnswer,
    ReconcileWanted,
    RedriveAnswer,
    Summary,
    show_comparison,
    show_counts,
    show_differences,
    show_platform,
    show_queue,
    show_redriven,
)
from admin_api.moments import at
from admin_api.problems import not_found
from admin_api.push_replays import build_job
from admin_api.queue_depths import read_queues
from admin_api.setup.trigger_rules import gaps_of
from admin_api.summary import Counts, Overview
from admin_api.wiring import Services
from taskbridge.ai.caps import day_of, find_reached
from taskbridge.moments import DAY_S
from taskbridge.push.jobs import Job, JobKind

TAGS = ["operations"]


def register(api: Api) -> None:
    """Register the routes."""
    services = api.services

    @api.get("/v1/ops/summary", summary="How everything stands", tags=TAGS)
    def get_summary() -> Summary:
        """Queues, dead letters, task centers, and events by status for the last hour and day."""
        return _summarise(services)

    @api.post("/v1/ops/queues/{name}/redrive", summary="Move dead letters back", tags=TAGS, status_code=202)
    def redrive_queue(name: str) -> RedriveAnswer:
        """Of ingest, push, ai and analysis, or of a dead-letter queue by its own name.

        Those of EventBridge's rule are moved here, up to a thousand a call: ask again until `is_done`.
        """
        return show_redriven(redrive(name, services.queues, services.sqs, services.clock))

    @api.post("/v1/ops/reconcile", summary="Compare with the log, push what differs", tags=TAGS, status_code=202)
    def reconcile(body: ReconcileWanted) -> ReconcileAnswer:
        """One instance at once; a whole platform by a job that begins within a minute."""
        configured_platforms(services.configuration.current(), body.platform_id, where="body")
        if body.sess_id is None:
            return show_comparison(body.platform_id, _start_comparison(services, body.platform_id, api.caller.uid))
        comparison = Comparison(services.instances, services.push_logs, services.push_queue, services.clock)
        differences = comparison.of_instance(body.platform_id, body.sess_id)
        if differences is None:
            raise not_found("instance on this platform")
        return show_differences(body.platform_id, differences)


def _start_comparison(services: Services, platform_id: str, asked_by: str) -> Job:
    """As far back as logs are kept: what is older cannot be compared."""
    now = services.clock()
    start = at(now - services.retention_days * DAY_S)
    job = build_job(JobKind.COMPARISON, (platform_id,), asked_by, now, services.new_id(), start=start)
    services.jobs.add(job, now)
    return job


def _summarise(services: Services) -> Summary:
    configured = services.configuration.current()
    overview = Overview(services.push_logs, services.pages, services.coordination, services.clock)
    states = [overview.of_platform(each) for each in configured_platforms(configured, None, where="query")]
    queues = [
        show_queue(each) for each in read_queues(services.queues, services.sqs, services.cloudwatch, services.clock())
    ]
    hour, day = Counts(), Counts()
    for state in states:
        hour.add(state.hour)
        day.add(state.day)
    named = configured.platforms
    return Summary(
        at=services.now(),
        queues=queues,
        dead_letters=sum(each.waiting for each in queues if each.is_dead_letters),
        rule_gaps=gaps_of(configured),
        platforms=[show_platform(each, named[each.platform_id]) for each in states],
        last_hour=show_counts(hour),
        last_day=show_counts(day),
        ai_questions=_asked_today(services),
    )


def _asked_today(services: Services) -> AiQuestions:
    now, settings = services.clock(), services.switches().settings
    asked = services.questions.today(now)
    return AiQuestions(
        day=day_of(now),
        asked=asked.total,
        cost=asked.cost,
        limit=settings.daily_total,
        cost_limit=settings.daily_cost,
        reached=find_reached(settings, asked),
    )
