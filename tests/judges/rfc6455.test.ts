/** The case list of RFC 6455 against a bus as it is, driven by Python's wsproto and websockets. */
import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { AccessTable, hashApiKey, nodeNet, startBus } from "@arqon/bus";
import { faultEngine } from "@arqon/bus/engine";
import { systemClock, systemEntropy, systemTimer } from "@arqon/core/base";
import { describe, expect, test } from "vitest";

const venv = process.env["ARQON_JUDGES"];
const why = "ARQON_JUDGES is not set to a venv with tests/judges/requirements.txt";

describe.skipIf(!venv)(`RFC 6455 by wsproto${venv ? "" : ` (left out: ${why})`}`, () => {
  test("every case ends as the RFC says, and the neighbour misses nothing", {
    timeout: 120_000,
  }, async () => {
    const bus = await startBus({
      engine: faultEngine(1, systemTimer()),
      net: nodeNet,
      clock: systemClock,
      timer: systemTimer(),
      entropy: systemEntropy,
      access: new AccessTable([
        {
          principal: {
            id: "judge",
            tenant: "t",
            trusted: false,
            capabilities: ["can_publish:>", "can_subscribe:>"],
          },
          keyHashes: [hashApiKey("judge-key")],
        },
      ]),
    });
    try {
      const script = resolve(import.meta.dirname, "rfc6455.py");
      const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((done) => {
        execFile(
          join(venv as string, "bin", "python"),
          [script, String(bus.port), "judge-key"],
          (_error, stdout, stderr) => done({ stdout, stderr }),
        );
      });
      expect(stdout, stderr).toMatch(/^\{/);
      const report = JSON.parse(stdout);
      expect(report.failed).toEqual({});
      expect(report.cases).toBeGreaterThan(250);
      expect(report.neighbour.count).toBeGreaterThan(100);
    } finally {
      await bus.close();
    }
  });
});
