import { defineConfig } from "vitest/config";

const WINGS = "{core,vault,bus,substrates,lab,sdk/typescript,apps}";

export default defineConfig({
  test: {
    isolate: false,
    globalSetup: "tests/needs.ts",
    include: [`${WINGS}/**/*.test.ts`, "tests/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
