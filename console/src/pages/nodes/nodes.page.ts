import { definePage } from "../page";

export default definePage({
  path: "nodes",
  name: "nodes",
  title: ["节点默认规则", "Node defaults"],
  roles: ["admin"],
  menu: { group: "setup", icon: "nodes", order: 80 },
  view: () => import("./NodesPage.vue"),
});
