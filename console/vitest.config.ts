import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vite.config.ts";

export default mergeConfig(base, defineConfig({ test: { environment: "jsdom", isolate: false, setupFiles: ["tests/unit/setup.ts"], include: ["tests/unit/**/*.test.ts"] } }));
