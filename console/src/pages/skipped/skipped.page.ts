import { definePage } from "../page";

export default definePage({
  path: "skipped-events",
  name: "skipped",
  title: ["跳过的事件", "Skipped events"],
  roles: ["ops", "admin"],
  menu: { group: "push", icon: "skip", order: 55 },
  opens: { skipped_event: (hit) => ({ query: { open: hit.id } }) },
  view: () => import("./SkippedPage.vue"),
});
