import { definePage } from "../page";

export default definePage({
  path: "replays",
  name: "replays",
  title: ["批量重推", "Replays"],
  roles: ["ops", "admin"],
  menu: { group: "push", icon: "replay", order: 40 },
  view: () => import("./ReplaysPage.vue"),
});
