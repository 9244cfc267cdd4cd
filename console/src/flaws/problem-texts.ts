import type { Shape } from "@/api/ask";
import { defineTexts, type Pair } from "@/texts/texts";

/** What is told by the field that is wrong. */
type OfFields = "invalid_request" | "invalid_setting" | "invalid_event";

/** What went wrong as a whole, for every code that the API has, and the console's own two. */
const pairs = {
  ai_disabled: ["管理员关闭了智能审批。", "An administrator switched AI approval off."],
  ai_not_set_up: ["AI 平台暂时不能用，请联系管理员。", "The AI platform cannot be used now. Ask an administrator."],
  daily_limit: ["今天的分析次数或费用已用完，{time} 后可以再试。", "As much was asked today as may be. Try again in {time}."],
  gateway: ["服务没有正常应答（HTTP {status}），请稍后再试。", "The service did not answer as it should (HTTP {status}). Try again later."],
  idempotency_key_reused: ["这次操作与先前的请求冲突，请刷新页面后再试。", "This was asked for before, in another way. Load the page again."],
  in_progress: ["同样的操作正在进行，请稍候。", "The same is under way already."],
  internal_error: ["服务内部出错，请稍后再试；反复出现时请联系管理员。", "Something went wrong in the service. Try again later, or tell an administrator."],
  invalid_cursor: ["列表的位置已失效，请刷新页面。", "The place in the list no longer holds. Load the page again."],
  method_not_allowed: ["服务不支持这个操作。", "The service does not do that."],
  network: ["连不上服务。请检查网络后重试。", "The service cannot be reached. Check the network and try again."],
  no_form: ["这个任务没有表单，无法分析。", "The task came without a form, so nothing can be analysed."],
  no_past_tasks: ["这个节点还没有带表单的过往任务。", "There is no past task with a form on this node."],
  no_queue_to_move_to: ["这些死信不属于可以移回的队列。", "These dead letters belong to no queue that they could go back to."],
  no_result: ["这次分析没有结果。", "The analysis has no result."],
  no_rule: ["没有适用的规则，无法分析。", "No rule applies, so nothing can be analysed."],
  no_uid: ["您的账号没有设置人员号（custom:uid），请联系管理员。", "Your account has no custom:uid. Ask an administrator."],
  not_allowed: ["您的角色不能这样做。", "Your role does not allow it."],
  not_an_id_token: ["登录凭证不可用，请重新登录。", "The token is no ID token. Sign in again."],
  not_found: ["没有找到：它已不存在，或者属于别人。", "It is not there, or it is somebody else's."],
  not_signed_in: ["登录已失效，请重新登录。", "You are signed out. Sign in again."],
  platform_disabled: ["平台已停用，启用之后才能排空。", "It drains only while it is enabled."],
  platform_exists: ["已有使用这个平台号的平台。", "There is a platform with this id."],
  platform_in_use: ["平台还在使用：有触发规则、AI 设置或未完成的推送用到它。", "It is in use: a trigger rule, the AI settings or waiting work needs it."],
  redrive_running: ["这些死信正在移回。", "These dead letters are being moved already."],
  rule_exists: ["已有使用这个规则号的规则。", "There is a rule with this id."],
  task_not_open: ["任务已经办结。", "The task is done."],
  too_large: ["内容过大。", "It is too large."],
  too_many_calls: ["操作太频繁，{time} 后再试。", "Too many requests. Try again in {time}."],
  try_later: ["服务暂时没有应答，请稍后再试。", "Something behind the service does not answer. Try again."],
  unsupported_media_type: ["服务读不了这种格式。", "The service does not read this format."],
  version_conflict: ["打开之后有别人修改过，请重新读取。", "Somebody else changed it since it was read. Read it again."],
} satisfies Record<Exclude<Shape["ProblemCode"], OfFields> | "gateway" | "network", Pair>;

export default defineTexts("problems", pairs);
