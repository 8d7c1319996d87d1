/** The page and the library in a real browser, with the same bits as here. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canonicalJson, createRandom, sha256Hex, utf8 } from "@arqon/core/base";
import { parseQasm, quantumCircuit, runCircuit, statevector, toQasm3 } from "@arqon/substrates/quantum";
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
  });

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
  });

  test("an example that is chosen runs, and its picture leaves the rest of the page alone", async () => {
    await page.evaluate(
      "document.getElementById('example').value = '3'; document.getElementById('example').dispatchEvent(new Event('change'))",
    );
    expect(await page.evaluate(ENDED)).toBe("result");
    expect(await page.evaluate("document.querySelectorAll('.histogram rect').length")).toBe(2);
    expect(
      await page.evaluate("document.getElementById('drawing').shadowRoot.querySelector('svg') !== null"),
    ).toBe(true);
    expect(await page.evaluate("getComputedStyle(document.querySelector('.histogram rect')).stroke")).toBe(
      "none",
    );
    const kept = process.env["ARQON_SCREENSHOT"];
    if (kept) writeFileSync(kept.replace(/(\.png)?$/, "-bell.png"), await page.screenshot());
  });

  test("what is wrong with a circuit is told, and the page goes on", async () => {
    await page.evaluate(
      "document.body.dataset.state = ''; document.getElementById('source').value = 'OPENQASM 2.0; qreg q[1]; nope q[0];'; document.getElementById('run').click()",
    );
    expect(await page.evaluate(ENDED)).toBe("error");
    expect(await page.evaluate("document.getElementById('status').textContent")).toContain("nope");
  });

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
  });

  test("WebGPU gives the amplitudes and counts of the processor, in single precision", async (context) => {
    const device = `navigator.gpu?.requestAdapter().then((adapter) => adapter?.requestDevice())`;
    if (!(await page.evaluate(`Promise.resolve(${device}).then((device) => device !== undefined)`)))
      return context.skip("this Chromium has no WebGPU adapter");
    const random = createRandom(3n);
    const circuit = quantumCircuit(8);
    for (let layer = 0; layer < 6; layer++) {
      for (let q = 0; q < 8; q++)
        circuit.u3(random.nextDouble(), random.nextDouble(), random.nextDouble(), q);
      circuit.ccx(layer, layer + 1, 7).rxx(random.nextDouble(), 0, layer + 1);
      for (let q = layer % 2; q + 1 < 8; q += 2) circuit.cz(q, q + 1);
    }
    const source = toQasm3(circuit.measureAll().build());
    const there = await page.evaluate<{ re: number[]; im: number[]; counts: [string, number][] }>(
      `import("/arqon-quantum.js").then(async ({ gpuState, parseQasm, runCircuitOnGpu }) => {
        const device = await ${device};
        const circuit = parseQasm(${JSON.stringify(source)}, "x.qasm");
        const { re, im } = await gpuState(circuit, device);
        const { counts } = await runCircuitOnGpu(circuit, device, { shots: 200, seed: 7n });
        return { re: [...re], im: [...im], counts: [...counts] };
      })`,
    );
    const { re, im } = statevector(parseQasm(source, "x.qasm"), "oracle");
    for (const [i, value] of re.entries()) {
      expect(Math.abs((there.re[i] as number) - value)).toBeLessThan(1e-6);
      expect(Math.abs((there.im[i] as number) - (im[i] as number))).toBeLessThan(1e-6);
    }
    const options = { shots: 200, seed: 7n, engine: "oracle" } as const;
    expect(there.counts).toEqual([...runCircuit(parseQasm(source, "x.qasm"), options).counts]);
  });

  test("what WebGPU cannot run is refused by name", async () => {
    const said = await page.evaluate(
      `import("/arqon-quantum.js").then(({ gpuState, parseQasm }) =>
        gpuState(parseQasm("OPENQASM 2.0; qreg q[1]; creg c[1]; U(1,0,0) q[0]; measure q[0]->c[0]; U(1,0,0) q[0];", "x.qasm"), {})
          .catch((error) => error.code))`,
    );
    expect(said).toBe("QASM_UNSUPPORTED");
  });
});
