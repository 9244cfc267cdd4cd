import { definePage } from "../page";

export default definePage({
  path: "platforms",
  name: "platforms",
  title: ["平台", "Platforms"],
  roles: ["admin"],
  menu: { group: "setup", icon: "platforms", order: 60 },
  view: () => import("./PlatformsPage.vue"),
});
