import "@/styles/base.css";
import { VueQueryPlugin } from "@tanstack/vue-query";
import { createApp } from "vue";
import App from "./App.vue";
import { createQueries } from "./api/live";
import { guardUnsaved } from "./editing/unsaved";
import { router } from "./router";
import { session } from "./session/session";
import { loadConfig } from "./settings/config";
import { followTheme } from "./settings/preferences";
import { followLocale, i18n } from "./texts/texts";

async function start(): Promise<void> {
  followTheme();
  followLocale();
  await session.start(await loadConfig());
  guardUnsaved(router);
  createApp(App).use(i18n).use(VueQueryPlugin, { queryClient: createQueries() }).use(router).mount("#app");
}

start().catch((error: unknown) => {
  const message = document.createElement("p");
  message.className = "did-not-start";
  message.textContent = `控制台无法启动，请刷新页面重试。The console did not start, please reload. (${String(error)})`;
  document.getElementById("app")?.replaceChildren(message);
});
