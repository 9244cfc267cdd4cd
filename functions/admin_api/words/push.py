"""What is said of the fields of push logs, events, replays, queues."""

TABLE = """
acknowledged | the newest call that the task center took, null where none is known |
action | what happened, as the event says | "task_received"
Flow.actions | which actions | ["task_received"]
ai_platforms | the AI platforms |
ai_questions | what was asked of AI platforms today |
Flow.app_ids | of these applications alone; empty: of all, but `except_app_ids` | []
HistoryStep.asked | questions asked of AI platforms | 3
asked | how many questions were asked | 120
Acknowledged.at | when it was taken | "2026-11-22T01:30:00.000+00:00"
HistoryStep.at | when the step begins | "2026-11-22T01:30:00.000+00:00"
EventTarget.attempts | how many calls were made | 1
LogEntry.attempts | how many calls were made | 1
attempts | the newest calls, the oldest of them first |
body | the event as it came | "{\\"id\\": \\"ev-1\\"}"
AiPlatformState.breaker | whether analyses wait because it does not answer, or wants money |
breaker | whether its pushes wait because it does not answer |
calls | the newest HTTP calls |
cause | a reason as causes tell it: ids, numbers and times are … | "no such user …"
clash | what is wrong where several instances used the id, empty where none did | ""
cost_limit | how much may be spent a day, 0 for no limit | 50.0
FailureCause.count | failed logs with this cause | 17
SkipReason.count | events that were skipped so | 17
count_is_exact | false where there are more than `count` | true
created_by | user id of who asked for it | "10021"
day | the day, in Asia/Shanghai | "2026-11-22"
dead_letters | messages in all dead-letter queues | 0
delayed | messages that are not to be seen yet | 0
destination | the queue that they go back to | "push"
differences | what is sent again; null while a job finds out |
entries | what became of each task, and of the instance |
FailureCause.errcode | the platform's own code, empty where none came | "50001"
errcode | the platform's own code, empty where none came | "0"
event_id | id of the event, as it came | "ev-1"
HistoryStep.events | events that were worked on first | 40
InstanceState.events | its newest events, in order |
FailureCause.example | id of the newest log | "jz:ev-1"
SkipReason.example | id of the newest | "ev-1"
except_app_ids | of all applications but these; empty where `app_ids` names some | ["leave"]
HistoryStep.failed | those that failed for good | 1
StatusCounts.failed | events that failed for good | 0
failed_at | when it failed, null where it did not | null
FailureCause.first | when the oldest was received | "2026-11-22T01:30:00.000+00:00"
SkipReason.first | when the oldest was received | "2026-11-22T01:30:00.000+00:00"
in_flight | messages that are being worked on | 0
is_acknowledged | whether a call that told it was acknowledged | true
is_dead_letters | whether it is a dead-letter queue | false
is_deleted | whether the instance was deleted | false
RedriveAnswer.is_done | false: some are left, ask again | true
FailureCauses.is_exact | false where there are more failures than one call counts | true
RejectedCount.is_exact | false where there are at least `count` | true
SkippedCount.is_exact | false where there are at least `count` | true
SkipReasons.is_exact | false where there are more than one call counts | true
is_exact | false where there are more | true
item_count | how many tasks it has, and itself | 2
FailureCauses.items | the causes |
InstanceState.items | the instance, then the tasks of the log |
SkipReasons.items | the reasons |
job_id | the job that compares the platform, null for one instance | null
kind | what it does | "replay"
FailureCause.last | when the newest was received | "2026-11-22T02:30:00.000+00:00"
SkipReason.last | when the newest was received | "2026-11-22T02:30:00.000+00:00"
last_day | of the last 24 hours |
last_hour | of the last 60 minutes |
AiPlatformState.last_success_at | when it last answered, to a minute; null: never | "2026-11-22T01:30:00.000+00:00"
last_success_at | when a push last succeeded, null where none is known | "2026-11-22T01:30:00.000+00:00"
left_out | logs that were tried since, or show no difference | 0
log_id | id of the push log | "jz:ev-1"
log_status | logs of which status are replayed | "failed"
looked_at | how many were looked at so far | 350
method | of HTTP | "POST"
moved | how many were moved, null while SQS moves them by itself | null
Queue.name | name of the queue, as redrive takes it | "push"
WantedFact.name | which fact | "status"
FailureCauses.next_cursor | null: there is one page | null
SkipReasons.next_cursor | null: there is one page | null
occurred_at | when it happened, as the event says | "2026-11-22T01:30:00.000+00:00"
oldest_age_s | seconds that the oldest message waits, null where nothing tells | 0
opened_at | since when it is open, null while closed | null
Acknowledged.operation | what was asked of the task center | "insert_task"
operation | what was asked of the platform | "insert_task"
others | ids of more skipped and rejected events of this id | []
LogAttempt.path | path below the host | "/casp-tdc/task/saveOrUpdate"
FailureCause.platform_id | the platform that they failed on | "jz"
platform_ids | the platforms that it is about | ["jz"]
platforms | the task centers |
presence | whether the task center has it, as far as its answers prove | "present"
queue | the dead-letter queue | "push-dead-letters"
quiet_until | until when it asked to be left alone, null where it did not, or that is over | null
rate_per_s | how many a second at most | 50.0
AiQuestions.reached | the cap that is reached, empty for none | ""
FailureCause.reason | why; ids, numbers and times in it are shown as … | "no such user …"
Replay.reason | why it was asked for, empty where nobody said | "the receiver was created"
ReplayWanted.reason | why, in your own words: the list of jobs tells the others | "the receiver was created"
received_at | when it came in | "2026-11-22T01:30:00.000+00:00"
rejected_events | what could not be read in the last 24 hours |
replayed_at | when it was sent in again, null where it was not | null
replayed_by | user id of who sent it in again | "10021"
request | what was sent, masked and cut | "{}"
requested_at | when it was asked for | "2026-11-22T01:30:00.000+00:00"
response | what came back, masked and cut | "{\\"errcode\\": \\"0\\"}"
retrying | events that are tried again | 0
sent | how many were sent again | 120
WantedFact.sequence | the place of the event that said so | 3
sequence | the event's place in its instance, null where it has none | 1
settled_at | when it was settled, null where it is not | "2026-11-22T01:30:00.000+00:00"
shared_with | sessions that used the same event id | []
skipped_events | what was meant for nobody in the last 24 hours |
skipped | events that nothing was sent for | 0
span | the last hour, or the last day | "hour"
state | open while what goes to it waits | "closed"
EventOutcome.status | what became of the event | "routed"
EventTarget.status | what became of it there | "succeeded"
InstanceEvent.status | the worst of its entries | "superseded"
LogAttempt.status | of HTTP, null where no answer came | 200
LogEntry.status | what became of the push | "succeeded"
PushLogDetail.status | the worst of its entries | "failed"
PushLogRow.status | the worst of its entries | "failed"
ReplayWanted.status | logs of which status | "failed"
History.step_s | seconds of a step | 120
History.steps | step by step, the oldest first |
HistoryStep.succeeded | those that went through | 38
succeeded | events that went through | 120
superseded | events that a later one made needless | 0
superseded_by | ids of the events that took its place | []
Flow.target | where it goes: `push:<platform id>` or `ai` | "push:jz"
target | where it went: `push:<platform id>` or `ai` | "push:jz"
EventOutcome.targets | what became of it at each target |
InstanceState.unreadable | why what is stored cannot be read, empty where it can | ""
AiPlatformState.unreadable | why the stored platform cannot be read, empty where it can | ""
PlatformSummary.unreadable | why the stored platform cannot be read, empty where it can | ""
WantedFact.value | as people read it | "init"
waiting | messages that wait | 0
wanted | what the task center should show |
wants_money | open because a quota is used up, or a debt stands: until somebody pays | false
work | what is left to do | "none"
"""
