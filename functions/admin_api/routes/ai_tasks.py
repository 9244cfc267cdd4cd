"""`/v1/ai/tasks`: an approver's tasks, and asking for an analysis of one."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.ai import analyses
from admin_api.ai.ordering import SORT_PATTERN, parse_sort
from admin_api.ai.tasks import WINDOW, Status, Wanted, get_task, list_tasks
from admin_api.api import JSON_TYPE, Api
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.models.ai_results import AnalysisWanted, Result, Task, TaskDetail
from admin_api.problems import invalid

_TAGS = ["AI tasks"]
_SORT = (
    "Fields to sort by, `-` before one for falling order: `verdict,-created_at`. Without it the newest come first. "
    f"In an order that is not that of time, the newest {WINDOW} tasks are sorted, then the {WINDOW} before them."
)
Id = Annotated[str | None, Query(min_length=1, max_length=200)]
Sort = Annotated[str | None, Query(pattern=SORT_PATTERN, description=_SORT)]


def register(api: Api) -> None:
    """Register the routes."""
    services = api.services

    @api.get("/v1/ai/tasks", summary="One's tasks, with rules and results", tags=_TAGS)
    def list_own_tasks(
        app_id: Id = None,
        node_id: Id = None,
        status: Annotated[Status, Query()] = "open",
        sort: Sort = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Listed[Task]:
        """Your tasks on nodes that support AI approval. `node_id` needs its `app_id`."""
        if node_id and not app_id:
            raise invalid("node_id", "expected together with app_id", where="query")
        wanted = Wanted(status, app_id or "", node_id or "", parse_sort(sort))
        page = list_tasks(api.caller.uid, wanted, api.open_cursor(cursor), limit, services)
        return Listed(items=page.items, next_cursor=api.seal_cursor(page.next))

    @api.get("/v1/ai/tasks/{task_id}", summary="One of one's tasks", tags=_TAGS)
    def get_own_task(task_id: str) -> TaskDetail:
        """The form as people read it, the rule in force, and the result."""
        return get_task(api.caller.uid, task_id, services)

    @api.post(
        "/v1/ai/tasks/{task_id}/analyses",
        summary="Analyse a task now",
        tags=_TAGS,
        responses={
            200: {"description": "The result that there is", "content": {JSON_TYPE: {"model": Result}}},
            202: {"description": "It is under way", "content": {JSON_TYPE: {"model": Result}}},
        },
    )
    def analyse_task(task_id: str, body: AnalysisWanted | None = None) -> Response[Result]:
        """The same form, rule and model answer with the result that exists, unless `force` is set."""
        force = body is not None and body.force
        result = analyses.request(api.caller.uid, task_id, services, force=force)
        return Response(202 if analyses.is_under_way(result) else 200, JSON_TYPE, result)
