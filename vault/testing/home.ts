import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Gives fresh directories that do not exist yet; `after` gets the way to remove them, as vitest's `afterEach` takes it. */
export function temporaryHomes(after: (clean: () => void) => void): () => string {
  const made: string[] = [];
  after(() => {
    for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true, maxRetries: 10 });
  });
  return () => {
    const parent = mkdtempSync(join(tmpdir(), "arqon-vault-"));
    made.push(parent);
    return join(parent, "home");
  };
}
