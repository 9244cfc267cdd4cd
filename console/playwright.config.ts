import { defineConfig } from "@playwright/test";

/** `CONSOLE_URL`: where the console is served; `CHROMIUM`: the browser. Both are given by tests/console. */
export default defineConfig({
  testDir: "tests/browser",
  outputDir: "../.build/browser-tests",
  fullyParallel: true,
  workers: 2,
  retries: 0,
  // Only so that a page that is stuck ends at all: no test is decided by it.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  reporter: [["line"]],
  use: {
    baseURL: process.env["CONSOLE_URL"],
    // A browser that has what it once loaded: each test still begins with an empty storage.
    reuseContext: true,
    // What moves without end is drawn sixty times a second, on two cores.
    contextOptions: { reducedMotion: "reduce" },
    locale: "zh-CN",
    timezoneId: "Europe/Berlin",
    launchOptions: {
      executablePath: process.env["CHROMIUM"],
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
