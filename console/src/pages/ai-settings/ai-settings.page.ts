import { definePage } from "../page";

export default definePage({
  path: "ai-settings",
  name: "ai-settings",
  title: ["AI 设置", "AI settings"],
  roles: ["admin"],
  menu: { group: "setup", icon: "settings", order: 70 },
  view: () => import("./AiSettingsPage.vue"),
});
