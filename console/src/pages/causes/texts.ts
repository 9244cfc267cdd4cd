import { defineTexts } from "@/texts/texts";

export default defineTexts("causes", {
  title: ["失败原因", "Failures"],
  lead: ["把失败的日志按平台、错误码和原因归类", "Failed logs, grouped by platform, code and reason"],
  empty: ["这段时间没有推送失败", "Nothing failed in this time"],
  any_platform: ["全部平台", "Any platform"],
  any_errcode: ["全部错误码", "Any code"],
  no_reason: ["没有给出原因", "no reason was given"],
  example: ["看一例", "An example"],
  logs: ["全部日志", "All logs"],
  replay: ["重推…", "Replay…"],
  not_exact: ["失败过多，只统计了其中一部分。", "There are more failures than one call counts: these are some of them."],
});
