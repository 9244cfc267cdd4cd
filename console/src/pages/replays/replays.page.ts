import { definePage } from "../page";

export default definePage({
  path: "replays",
  name: "replays",
  title: ["批量重推", "Replays"],
  roles: ["ops", "admin"],
  menu: { group: "push", icon: "replay", order: 40 },
  opens: { replay: (hit) => ({ query: { open: hit.id } }) },
  view: () => import("./ReplaysPage.vue"),
});
