/**
 * The framing of the bus under the Autobahn test suite, which wants an echo on a WebSocket server. Left out, and said so,
 * where it is not installed: it is Python 2.7 only, `virtualenv -p python2.7 A && A/bin/pip install autobahntestsuite==25.10.1`.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startEcho } from "./echo.ts";

const venv = process.env["ARQON_AUTOBAHN"];
const why = "ARQON_AUTOBAHN is not set to a Python 2.7 environment with autobahntestsuite";

/** What the suite says of one case. */
interface Verdict {
  readonly behavior: string;
  readonly behaviorClose: string;
}

describe.skipIf(!venv)(`Autobahn${venv ? "" : ` (left out: ${why})`}`, () => {
  test("finds every case of sections 1-7, 9 and 10 strict", { timeout: 300_000 }, async () => {
    const scratch = mkdtempSync(join(tmpdir(), "arqon-autobahn-"));
    const echo = await startEcho();
    writeFileSync(
      join(scratch, "spec.json"),
      JSON.stringify({
        outdir: scratch,
        servers: [{ agent: "arqon", url: `ws://127.0.0.1:${echo.port}`, options: { version: 18 } }],
        cases: [1, 2, 3, 4, 5, 6, 7, 9, 10].map((section) => `${section}.*`),
        "exclude-cases": [],
        "exclude-agent-cases": {},
      }),
    );
    try {
      await new Promise<void>((done, fail) => {
        const args = ["-m", "fuzzingclient", "-s", join(scratch, "spec.json")];
        execFile(
          join(venv as string, "bin", "wstest"),
          args,
          { cwd: scratch, maxBuffer: 16_777_216 },
          (error) => (error ? fail(error) : done()),
        );
      });
      const verdicts: Record<string, Verdict> = JSON.parse(
        readFileSync(join(scratch, "index.json"), "utf8"),
      ).arqon;
      expect(Object.keys(verdicts).length).toBeGreaterThanOrEqual(301);
      // What the RFC leaves open, such as data after a close frame, is reported but not judged.
      const wrong = Object.entries(verdicts).filter(([, { behavior, behaviorClose }]) =>
        [behavior, behaviorClose].some((verdict) => verdict !== "OK" && verdict !== "INFORMATIONAL"),
      );
      expect(wrong).toEqual([]);
    } finally {
      await echo.close();
      rmSync(scratch, { recursive: true, force: true });
    }
  });
});
