import { definePage } from "../page";

export default definePage({
  path: "rejected-events",
  name: "rejected",
  title: ["被拒事件", "Rejected events"],
  roles: ["ops", "admin"],
  menu: { group: "push", icon: "rejected", order: 50 },
  opens: { rejected_event: (hit) => ({ query: { open: hit.id } }) },
  view: () => import("./RejectedPage.vue"),
});
