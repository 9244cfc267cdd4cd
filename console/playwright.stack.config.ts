import { defineConfig } from "@playwright/test";
import base from "./playwright.config.ts";

/** Against the whole stack on one machine, which `STACK` describes: see tests/stack/test_console.py. */
export default defineConfig(base, {
  testDir: "tests/stack",
  fullyParallel: false,
  workers: 1,
  timeout: 300_000,
  expect: { timeout: 60_000 },
});
