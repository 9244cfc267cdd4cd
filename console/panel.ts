import vue from "@vitejs/plugin-vue";
import { build, type Plugin, type Rolldown } from "vite";

const SOURCE = new URL("src/", import.meta.url).pathname;
/** What the console shares with the panel, but for these: a page of somebody else has no session and no settings of ours. */
const STAND_INS: Readonly<Record<string, string>> = {
  [`${SOURCE}texts/texts.ts`]: `${SOURCE}panel/plain-texts.ts`,
  [`${SOURCE}settings/preferences.ts`]: `${SOURCE}panel/panel-preferences.ts`,
  [`${SOURCE}settings/config.ts`]: `${SOURCE}panel/panel-config.ts`,
};
const PX = 16;
const FLAGS = {
  __VUE_OPTIONS_API__: "false",
  __VUE_PROD_DEVTOOLS__: "false",
  __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
  // Without markup that is put in as text, Vue needs no policy of Trusted Types, which a host may not allow.
  "window.trustedTypes": "undefined",
  "process.env.NODE_ENV": '"production"',
};

/** Leaves `review.js` beside the console: the panel for pages of others, one file with its styles and Vue inside. */
export function panel(): Plugin {
  return {
    name: "taskbridge:panel",
    apply: "build",
    async generateBundle() {
      this.emitFile({ type: "asset", fileName: "review.js", source: await buildPanel() });
    },
  };
}

async function buildPanel(): Promise<string> {
  const made = (await build({
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    plugins: [standIns(), withoutGlobals(), vue({ template: { compilerOptions: { hoistStatic: false } } })],
    resolve: { alias: { "@": SOURCE.slice(0, -1) } },
    define: FLAGS,
    build: {
      write: false,
      target: "es2023",
      cssCodeSplit: false,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: `${SOURCE}panel/element.ts`, output: { format: "iife", entryFileNames: "review.js" } },
    },
  })) as Rolldown.RolldownOutput;
  const chunk = made.output.find((file) => file.type === "chunk");
  const styles = made.output.find((file) => file.type === "asset" && file.fileName.endsWith(".css"));
  if (chunk?.type !== "chunk" || styles?.type !== "asset") throw new Error("the panel has no script or no style");
  return chunk.code.replace(/(["'`])__PANEL_STYLES__\1/, () => JSON.stringify(inShadow(String(styles.source))));
}

/** Styles of the console for a shadow root: sizes do not depend on the root element of the page around it. */
function inShadow(css: string): string {
  return css
    .replaceAll(":root.dark", ".panel.dark")
    .replaceAll(":root", ":host")
    .replace(/(?<![\w-])(-?\d*\.?\d+)rem\b/g, (_, size: string) => `${Number(size) * PX}px`);
}

function standIns(): Plugin {
  return {
    name: "taskbridge:stand-ins",
    enforce: "pre",
    async resolveId(source, importer) {
      const found = await this.resolve(source, importer, { skipSelf: true });
      return found ? (STAND_INS[found.id] ?? found) : null;
    },
  };
}

/** Vue tells tools of its presence by names of the page, which belong to the page. */
function withoutGlobals(): Plugin {
  return {
    name: "taskbridge:without-globals",
    transform: (code, id) => (id.includes("@vue/runtime-core") ? code.replaceAll("getGlobalThis()", "({})") : null),
  };
}
