import { definePage } from "../page";

export default definePage({
  path: "approvals",
  name: "approvals",
  title: ["我的审批", "My approvals"],
  roles: ["approver"],
  menu: { group: "ai", icon: "approvals", order: 10 },
  opens: {
    own_task: (hit) => ({ query: { open: hit.id } }),
    analysis: (hit) => ({ query: { open: hit.within } }),
  },
  view: () => import("./ApprovalsPage.vue"),
});
