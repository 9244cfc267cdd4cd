import { definePage } from "../page";

export default definePage({
  path: "changes",
  name: "changes",
  title: ["变更记录", "Changes"],
  roles: ["admin"],
  menu: { group: "setup", icon: "changes", order: 90 },
  view: () => import("./ChangesPage.vue"),
});
