import { definePage } from "../page";

export default definePage({
  path: "rules",
  name: "rules",
  title: ["我的规则", "My rules"],
  roles: ["approver"],
  menu: { group: "ai", icon: "rules", order: 80 },
  view: () => import("./RulesPage.vue"),
});
