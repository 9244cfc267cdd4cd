import { definePage } from "../page";

export default definePage({
  path: "agreement",
  name: "agreement",
  title: ["一致性", "Agreement"],
  roles: ["approver", "admin"],
  menu: { group: "ai", icon: "agreement", order: 82 },
  view: () => import("./AgreementPage.vue"),
});
