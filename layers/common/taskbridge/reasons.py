"""Why something waits, was refused, skipped or left undone: every sentence of our own that is stored or shown as a
reason, by its kind. The console knows a sentence again by these words and says it in the language of its reader
(console/src/reasons/texts.ts); what a platform said itself stands in one as it came. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

# `{why}` is a reason within another one. No digits outside values: causes tell failures of one kind without theirs.
REASONS: Mapping[str, str] = {
    # A push waits
    "waits_breaker": "waiting: the platform does not answer (breaker open)",
    "waits_disabled": "waiting: the platform is disabled",
    "waits_quiet": "waiting: the platform asked to be left alone (Retry-After)",
    "waits_rate": "waiting: the platform's rate limit",
    "waits_seat": "waiting: the platform takes no more requests at the same time",
    "waits_time": "waiting: no time left in this batch",
    "waits_unreadable": "waiting: what is known of the instance cannot be read: {why}",
    # What a push came to without the platform
    "broke_off": "a fault of our own: {fault}",
    "insert_unanswered": "{why} (an insert was never answered: an update is to tell whether it is there)",
    "instance_deleted": "the instance was deleted",
    "instance_too_large": "too large: an instance has at most {tasks} tasks here, and a task at most {people} people",
    "log_unreadable": "this log cannot be read: {why}",
    "newer_event": "event {event} is newer",
    "no_end": "no answer while the batch lasted",
    "nobody": "the task has no assignees: nobody to show it to",
    "nothing_new": "the task center shows this state already",
    "parts_missing": "not all of its parts are there",
    "schema_unknown": "schema {schema} is not known to this release",
    "status_unknown": "a status in it is not known to this release",
    "todo_in_the_way": "todo {todo} could not be deleted before its instance",
    "todo_missing": "{why} (an update is refused as well: it is not there)",
    "told_already": "a newer event has told all of it",
    "no_rule": "no rule in force: {why}",
    # No event that can be worked on
    "ai_not_concerned": "node_published concerns AI approval alone, which is not set up, or to which no trigger rule "
    "sends it",
    "happened_long_ago": "happened on {day}: nothing is remembered of an instance for longer than {days} days after "
    "its end",
    "meant_for_nobody": "each trigger rule for this action of this application has no target: it is meant for nobody",
    "no_target": "no trigger rule sends this action of this application to an enabled platform, or to AI approval",
    "not_an_event": "not an EventBridge event: {why}",
    "nested_too_deep": "its JSON is nested too deep to be read",
    "questionnaire": "the application is a questionnaire (问卷通): it has no tasks for a task center",
    "unknown_action": "unknown action {action}",
    # What is wrong with a field of an event, or of a setting; the decoder says itself what it expected
    "of_field": "{field}: {why}",
    "expected": "expected {expected}",
    "expected_got": "expected {expected}, got {got}",
    "expected_type": "expected {expected}, got {type}, got {got}",
    "no_moment": "invalid {format} encoded datetime, got {got}",
    "field_missing": "required, missing",
    "field_one_of": "expected one of {expected}, got {got}",
    "field_required": "required by {action}, missing",
    "most_assignees": "expected at most {most} assignees of all tasks together, got {got}",
    "most_characters": "expected at most {most} characters, got {got}",
    "most_digits": "expected at most {most} digits",
    "most_fields": "expected at most {most} fields, got {got}",
    "most_people": "expected at most {most} people in one instance, got {got}",
    "most_tasks": "expected at most {most} in one instance, got {got}",
    "no_json": "expected JSON: {why}",
    "task_twice": "names a task that another entry names with a different {name}: expected one entry a task, got "
    "{task} twice",
    # No answer of a platform
    "answer_late": "connected, but no whole answer within {seconds} s: too slow",
    "cannot_connect": "cannot connect: {why}",
    "connection_broke": "the connection broke: {why}",
    "connection_ended": "the connection ended without a whole answer: {why}",
    "head_too_large": "its head is too large",
    "hung_up": "the server hung up without an answer",
    "hung_up_early": "the server hung up before the end of the body",
    "leads_back": "{host} leads back to the function itself, to {peer} (PlatformHosts)",
    "no_answer": "no answer: {why}",
    "no_connection": "no connection within {seconds} s: a wrong host, or a firewall",
    "no_http": "what came is no HTTP: {why}",
    # An answer without words of its own
    "code": "code {code}",
    "http_page": "HTTP {status}, with no JSON ({content})",
    "http_status": "HTTP {status}",
    "not_json": "the answer is not the JSON that was expected ({content})",
    "redirect": "HTTP {status}: a redirect to {where}, not followed",
    # Tokens and settings
    "ai_secret_refused": "the platform refused app_id and app_secret: {why}",
    "ai_token_address": "{where} is not the token address of the platform: check host and token_path ({why})",
    "lost_session": "{why} (perhaps a lost session: a token was fetched a moment ago, so whether the next one helps is "
    "tried later)",
    "no_ai_platform": "no AI platform is set up",
    "no_call": "{platform} has no call for {operation}",
    "no_operation": "{platform} cannot do {operation}",
    "not_a_token": "the token call succeeded, but its data is not a token",
    "platform_disabled": "{platform} is disabled",
    "platform_gone": "{platform} is not configured (deleted?)",
    "secret_gone": "platform {platform} has no such secret: {secret} does not exist",
    "secret_refused": "the gateway refused app_id and app_secret: {why}",
    "secret_unread": "secret {field} of platform {platform} could not be read: {why}",
    "secret_unsendable": "holds a character that no header can carry: enter it again",
    "secret_unset": "not set",
    "text_unsendable": "a text that is not Unicode cannot be sent: {why}",
    "token_address": "{where} is not the token address of a gateway: check host and token_path ({why})",
    "token_awaited": "the token of {token} is not there yet: another worker is fetching it",
    "token_failed": "the token call failed: {why}",
    "token_refused": "token refused, with nothing left to try: {why}",
    "token_too_large": "the token of {token} takes {size} bytes, and what the workers share takes {most} at most: each "
    "worker would fetch its own, which may end the others'. Ask whoever runs the platform for shorter tokens",
    # What an AI platform came to
    "answer_broke_off": "the answer broke off: {why}",
    "answer_changed": "the platform changed what it had said",
    "answer_cut": "the answer was cut: {why}",
    "answer_empty": "the answer is empty",
    "answer_too_long": "an answer of more than {most} characters",
    "answer_withdrawn": "the platform took its answer back",
    "answer_without_data": "the call succeeded, but its data holds no answer",
    "answer_without_message": "the call succeeded, but it holds no message",
    "fell_silent": "the platform fell silent, or took too long as a whole",
    "file_unreadable": "the platform cannot read the file: {why}",
    "file_unread": "the platform is still reading the file",
    "no_time_to_upload": "no time is left in this run to hand a file over",
    "stream_in_part": "an event of the stream came in part only",
    "stream_too_long": "the stream is too long to be an answer",
    "stream_without_end": "the stream ended without its terminal event",
    "upload_without_id": "the upload succeeded, but its answer holds no id",
    "upload_without_file": "the upload succeeded, but its data holds no file_id",
    # An analysis, or a job of AI approval
    "ai_paused": "AI 平台暂停服务，恢复后自动继续",
    "analysis_crashed": "分析多次异常中断，请人工审核",
    "cut_at_limit": "模型的回答两次都没有写完（达到模型的输出长度上限），请人工审核",
    "cut_twice": "模型的回答两次都没有写完（中途断开），请人工审核",
    "cap_cost": "今天 AI 提问费用已达上限（每天 {most}），明天再试",
    "cap_node": "今天 AI 提问次数已达上限（本节点每天 {most} 次），明天再试",
    "cap_person": "今天 AI 提问次数已达上限（个人每天 {most} 次），明天再试",
    "cap_total": "今天 AI 提问次数已达上限（全部每天 {most} 次），明天再试",
    "files_awaited": "附件暂时无法下载，稍后重试",
    "form_gone": "表单已不存在，无法分析",
    "job_crashed": "多次异常中断，已停止",
    "no_forms": "没有可以参考的表单",
    "same_under_way": "相同材料正在分析，稍后共用结果",
    # A policy document, and what was taken from it
    "clause_figures": "条款里的数值不在原句里",
    "clause_length": "条款或原句过长，或为空",
    "clause_many": "不是单独的一条",
    "clause_not_there": "文件里没有这句原文",
    "check_ambiguous": "对应规则的不止一条",
    "check_homeless": "不对应规则的任何一条",
    "document_gone": "文件已不存在，请重新上传",
    "document_kind": "只能读取 PDF 和 Word（.docx）文件",
    "document_orders": "文件里有写给模型的话，请逐条核对",
    "document_too_long": "文件过长，后面的内容没有请模型读",
    "file_broken": "文件已损坏，或展开后过大，未能读取",
    "file_damaged": "文件已损坏，未能读取",
    "file_empty": "文件中没有文字",
    "file_locked": "文件有密码保护，未能读取",
    "file_scanned": "扫描件或图片，没有文字层，未能读取",
    "file_slow": "文件读取超时，未能读取",
    "file_unpacked": "文件解压后过大，未读取",
}


def build_reason(kind: str, **values: object) -> str:
    """The reason of this kind, in its own words."""
    return REASONS[kind].format(**values)
