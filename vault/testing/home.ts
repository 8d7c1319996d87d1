import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";

/** Gives fresh directories that do not exist yet, and removes them after every test. */
export function temporaryHomes(): () => string {
  const made: string[] = [];
  afterEach(() => {
    for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
  });
  return () => {
    const parent = mkdtempSync(join(tmpdir(), "arqon-vault-"));
    made.push(parent);
    return join(parent, "home");
  };
}
