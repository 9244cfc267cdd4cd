import { definePage } from "../page";

export default definePage({
  path: "push-logs",
  name: "push-logs",
  title: ["推送日志", "Push logs"],
  roles: ["ops", "admin"],
  menu: { group: "push", icon: "logs", order: 20 },
  view: () => import("./PushLogsPage.vue"),
});
