import { definePage } from "../page";

export default definePage({
  path: "ai-audit",
  name: "ai-audit",
  title: ["智能审批记录", "AI audit"],
  roles: ["admin"],
  menu: { group: "ai", icon: "changes", order: 90 },
  view: () => import("./AuditPage.vue"),
});
