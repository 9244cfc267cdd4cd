import { definePage } from "../page";

export default definePage({
  path: "late-analyses",
  name: "late-analyses",
  title: ["迟到的分析", "Late analyses"],
  roles: ["ops", "admin"],
  menu: { group: "ai", icon: "late", order: 85 },
  view: () => import("./LatePage.vue"),
});
