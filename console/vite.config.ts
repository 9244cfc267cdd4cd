import { readFileSync } from "node:fs";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";
import { packing } from "./packing.ts";
import { panel } from "./panel.ts";

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as { version: string };

export default defineConfig({
  base: "/console/",
  plugins: [
    vue(),
    panel(),
    packing(version),
  ],
  resolve: { alias: { "@": new URL("src", import.meta.url).pathname } },
  define: { __VUE_OPTIONS_API__: "true", __VUE_I18N_LEGACY_API__: "false", __INTLIFY_PROD_DEVTOOLS__: "false" },
  build: {
    target: "es2023",
    emptyOutDir: true,
    chunkSizeWarningLimit: 1200,
    modulePreload: { polyfill: false },
    // A data: address would need the policy to be wider.
    assetsInlineLimit: 0,
  },
});
