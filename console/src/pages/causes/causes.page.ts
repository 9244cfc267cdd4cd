import { definePage } from "../page";

export default definePage({
  path: "causes",
  name: "causes",
  title: ["失败原因", "Failures"],
  roles: ["ops", "admin"],
  menu: { group: "push", icon: "causes", order: 30 },
  view: () => import("./CausesPage.vue"),
});
