import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { gatesPage } from "../tools/gates-page.ts";

describe("the pages on circuits", () => {
  test("docs/gates.md is what the gate table prints", () => {
    expect(readFileSync("docs/gates.md", "utf8")).toBe(gatesPage());
  });

  test("the code of docs/circuits.md runs as it stands, and its compiled circuit is the same circuit", () => {
    const page = readFileSync("docs/circuits.md", "utf8");
    const blocks = [...page.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code);
    expect(blocks.length).toBeGreaterThan(5);
    const said = execFileSync(process.execPath, ["--input-type=module-typescript", "-e", blocks.join("\n")], {
      encoding: "utf8",
      timeout: 300_000,
    });
    expect(said).toMatch(/^Map\(2\) \{ '00' => \d+, '11' => \d+ \} fast \[\]$/m);
    expect(said).toMatch(/^true \d+$/m);
    expect(said).toContain("OPENQASM 3.0;");
  });
});
