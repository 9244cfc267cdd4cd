import { definePage } from "../page";

export default definePage({
  path: "push-logs",
  name: "push-logs",
  title: ["推送日志", "Push logs"],
  roles: ["ops", "admin"],
  menu: { group: "push", icon: "logs", order: 20 },
  opens: {
    push_log: (hit) => ({ query: { open: hit.id } }),
    instance: (hit) => ({ query: { instance: hit.name, span: "all" } }),
    task: (hit) => ({ query: { task: hit.name, span: "all" } }),
  },
  view: () => import("./PushLogsPage.vue"),
});
