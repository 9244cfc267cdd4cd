import { definePage } from "../page";

export default definePage({
  path: "api",
  name: "api",
  title: ["接口", "API"],
  roles: ["admin", "ops", "approver"],
  menu: { group: "build", icon: "api", order: 100 },
  view: () => import("./ApiPage.vue"),
});
