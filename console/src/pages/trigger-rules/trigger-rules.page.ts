import { definePage } from "../page";

export default definePage({
  path: "trigger-rules",
  name: "trigger-rules",
  title: ["触发规则", "Trigger rules"],
  roles: ["admin"],
  menu: { group: "setup", icon: "rules", order: 65 },
  view: () => import("./TriggerRulesPage.vue"),
});
