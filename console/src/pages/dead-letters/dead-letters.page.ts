import { definePage } from "../page";

export default definePage({
  path: "dead-letters",
  name: "dead-letters",
  title: ["死信", "Dead letters"],
  roles: ["ops", "admin"],
  menu: { group: "push", icon: "dead", order: 60 },
  view: () => import("./DeadLettersPage.vue"),
});
