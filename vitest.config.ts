import { defineConfig } from "vitest/config";

const WINGS = "{core,vault,bus,substrates,lab,sdk/typescript,apps}";

export default defineConfig({
  test: {
    isolate: false,
    globalSetup: "tests/needs.ts",
    include: [`${WINGS}/**/*.test.ts`, "tests/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    // A guard against what hangs, not a measure of speed: the longest test takes half a minute on a machine of its own, and
    // several on a busy one.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
