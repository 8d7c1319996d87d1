import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withBundle } from "./bundle-path.ts";

test("a folder with nothing in it is no part of a bundle, however deep it is", async () => {
  const root = mkdtempSync(join(tmpdir(), "bundle-path-"));
  const paths = (): Promise<string[]> =>
    withBundle(
      root,
      () => {},
      async (files) => [...files.keys()],
    );
  try {
    mkdirSync(join(root, "a/b"), { recursive: true });
    writeFileSync(join(root, "a/b/artifact.json"), "{}");
    expect(await paths()).toEqual(["a/b/artifact.json"]);
    mkdirSync(join(root, "a/empty/too"), { recursive: true });
    await expect(paths()).rejects.toMatchObject({ code: "BUNDLE_MALFORMED" });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
