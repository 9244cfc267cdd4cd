import { definePage } from "../page";

export default definePage({
  path: "approvals",
  name: "approvals",
  title: ["我的审批", "My approvals"],
  roles: ["approver"],
  menu: { group: "ai", icon: "approvals", order: 10 },
  view: () => import("./ApprovalsPage.vue"),
});
