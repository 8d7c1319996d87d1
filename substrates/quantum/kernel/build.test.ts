import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("the committed kernel is, byte for byte, what its source compiles to", () => {
  const root = new URL("../../../", import.meta.url).pathname;
  const { status, stderr } = spawnSync(process.execPath, ["tools/build-kernels.ts", "--check"], {
    cwd: root,
    timeout: 300_000,
  });
  expect(stderr.toString()).toBe("");
  expect(status).toBe(0);
});
