"""The page for people: which todos the task center holds, by person."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from local.jinzhi_simulator.records import Task

if TYPE_CHECKING:
    from local.jinzhi_simulator.model import TaskCenter

REFRESH_S = 3
_SHOWN = 500

_STATUS_TEXTS = {"RUNNING": "待办 Todo", "COMPLETE": "已办 Done", "ABORT": "已终止 Aborted"}
_INSTANCE_TEXTS = {"RUNNING": "进行中 Running", "COMPLETE": "已完成 Complete", "ABORT": "已终止 Aborted"}
_COLUMNS = (
    "人员 Person",
    "事项 Subject",
    "环节 Node",
    "应用 Service",
    "状态 Status",
    "流程 Instance",
    "创建时间 Created",
    "任务 Task",
)
_STYLE = """
body{font:15px/1.5 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;margin:2rem;color:#1f2430}
h1{font-size:1.3rem;margin:0}p{margin:.4rem 0}
table{border-collapse:collapse;margin-top:1rem;width:100%}
th,td{border-bottom:1px solid #d9dde5;padding:.35rem .6rem;text-align:left;vertical-align:top}
th{background:#f3f5f9}td.id{font-family:ui-monospace,monospace;font-size:.85em}
tr.done{color:#6b7280}.banner{background:#fff4d6;border:1px solid #e5c76b;padding:.4rem .8rem}
.bad{color:#a4161a;font-weight:600}
"""


def render_page(center: TaskCenter) -> str:
    """The whole page as HTML. Everything that came from outside is escaped."""
    rows = sorted(_rows(center.tasks.values()), key=_rank)
    body = "".join(_render_row(person, task, center) for person, task in rows[:_SHOWN])
    head = "".join(f"<th>{escape(column)}</th>" for column in _COLUMNS)
    empty = f'<tr><td colspan="{len(_COLUMNS)}">没有待办 No todos</td></tr>'
    more = ""
    if len(rows) > _SHOWN:
        more = f"<p>共 {len(rows)} 行，显示前 {_SHOWN} 行 The first {_SHOWN} of {len(rows)} rows</p>"
    return (
        '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta http-equiv="refresh" content="{REFRESH_S}">'
        f"<title>金智待办中心（模拟） JinZhi simulator</title><style>{_STYLE}</style></head><body>"
        "<h1>金智待办中心 JinZhi task center</h1>"
        '<p class="banner">这是模拟器，不是真实的待办中心。 A simulator, not the real task center.</p>'
        f"{_render_summary(center)}"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body or empty}</tbody></table>{more}</body></html>"
    )


def _rows(tasks: Iterable[Task]) -> list[tuple[str, Task]]:
    return [(person, task) for task in tasks for person in task.processors or ("",)]


def _rank(row: tuple[str, Task]) -> tuple[str, bool, str, str]:
    person, task = row
    return person, task.status != "RUNNING", task.created, task.task_id


def _render_summary(center: TaskCenter) -> str:
    todos = sum(task.status == "RUNNING" for task in center.tasks.values())
    bad = len(center.violations)
    mark = ' class="bad"' if bad else ""
    return (
        f"<p>待办 Todos: {todos} · 已办 Done: {len(center.tasks) - todos} · "
        f"流程 Instances: {len(center.instances)} · 请求 Requests: {center.requests} · "
        f"<span{mark}>违规 Violations: {bad}</span></p>"
    )


def _render_row(person: str, task: Task, center: TaskCenter) -> str:
    instance = center.instances.get(task.sess_id)
    instance_status = instance.status if instance else ""
    cells = (
        escape(person),
        _render_link(task),
        escape(task.node_name),
        escape(task.service_name),
        escape(_STATUS_TEXTS.get(task.status, task.status)),
        escape(_INSTANCE_TEXTS.get(instance_status, instance_status)),
        escape(task.created),
    )
    shown = "".join(f"<td>{cell}</td>" for cell in cells)
    mark = "" if task.status == "RUNNING" else ' class="done"'
    return f'<tr{mark}>{shown}<td class="id">{escape(task.task_id)}</td></tr>'


def _render_link(task: Task) -> str:
    subject = escape(task.subject)
    if not task.url.startswith(("http://", "https://")):
        return subject
    return f'<a href="{escape(task.url)}" rel="noreferrer noopener">{subject}</a>'
