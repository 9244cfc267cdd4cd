import { definePage } from "../page";

export default definePage({
  path: "overview",
  name: "overview",
  title: ["总览", "Overview"],
  roles: ["ops", "admin"],
  menu: { group: "watch", icon: "overview", order: 10 },
  view: () => import("./OverviewPage.vue"),
});
