/** The page and the library in a real browser, with the same bits as here. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canonicalJson, sha256Hex, utf8 } from "@arqon/core/base";
import { parseQasm, runCircuit, statevector } from "@arqon/substrates/quantum";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXAMPLES } from "../../apps/browser/examples.ts";
import { buildBrowser } from "../../tools/build-browser.ts";
import { serveFolder } from "../../tools/serve-browser.ts";
import { chromiumProgram, openPage, type Page } from "./chromium.ts";

/** Waits for the page to say how it went. */
const ENDED = `new Promise((resolve) => {
  const look = () => ["result", "error"].includes(document.body.dataset.state) ? resolve(document.body.dataset.state) : setTimeout(look, 20);
  look();
})`;

describe.skipIf(chromiumProgram() === undefined)("in a browser (needs Chromium)", () => {
  let folder: string;
  let server: Server;
  let page: Page;

  beforeAll(async () => {
    folder = await buildBrowser(mkdtempSync(join(tmpdir(), "arqon-browser-")));
    server = await serveFolder(folder, 0);
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    page = await openPage(`http://127.0.0.1:${address.port}/`);
  }, 60_000);

  afterAll(async () => {
    await page?.close();
    server?.closeAllConnections();
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("the page runs a circuit of 20 qubits, with the counts that Node gives", async () => {
    expect(await page.evaluate(ENDED)).toBe("result");
    const { counts } = runCircuit(parseQasm(EXAMPLES[0]?.source ?? "", "circuit.qasm"), {
      shots: 1024,
      seed: 42n,
    });
    const expected = sha256Hex(utf8(canonicalJson(Object.fromEntries(counts))));
    expect(await page.evaluate("document.body.dataset.sha256")).toBe(expected);
    expect(await page.evaluate("document.querySelectorAll('.histogram rect').length")).toBe(12);
    const kept = process.env["ARQON_SCREENSHOT"];
    if (kept) writeFileSync(kept, await page.screenshot());
  }, 60_000);

  test("what is wrong with a circuit is told, and the page goes on", async () => {
    await page.evaluate(
      "document.body.dataset.state = ''; document.getElementById('source').value = 'OPENQASM 2.0; qreg q[1]; nope q[0];'; document.getElementById('run').click()",
    );
    expect(await page.evaluate(ENDED)).toBe("error");
    expect(await page.evaluate("document.getElementById('status').textContent")).toContain("nope");
  }, 60_000);

  test("amplitudes have the same bits as in Node, on both engines", async () => {
    const source =
      'OPENQASM 2.0; include "qelib1.inc"; qreg q[6]; u3(0.1,0.2,0.3) q[0]; cx q[0],q[3]; cu3(0.7,0.1,0.4) q[3],q[5]; h q[4];';
    for (const engine of ["fast", "oracle"] as const) {
      const { re, im } = statevector(parseQasm(source, "x.qasm"), engine);
      const there = await page.evaluate<number[]>(
        `import("/arqon-quantum.js").then(({ parseQasm, statevector }) => {
          const { re, im } = statevector(parseQasm(${JSON.stringify(source)}, "x.qasm"), "${engine}");
          return [...re, ...im];
        })`,
      );
      expect(there).toEqual([...re, ...im]);
    }
  }, 60_000);
});
