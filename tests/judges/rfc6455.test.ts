/** The case list of RFC 6455 against a bus as it is, driven by Python's wsproto and websockets. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { AccessTable, type Bus, hashApiKey, nodeNet, startBus } from "@arqon/bus";
import { faultEngine } from "@arqon/bus/engine";
import { systemClock, systemEntropy, systemTimer } from "@arqon/core/base";
import { describe, expect, test } from "vitest";
import { judgesFolder } from "./places.ts";

const venv = judgesFolder();
const why = "no venv with tests/judges/requirements.txt in .services/judges";

const KEY = "judge-key";
const ROOT = resolve(import.meta.dirname, "../..");

const judgedBus = (): Promise<Bus> =>
  startBus({
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
        keyHashes: [hashApiKey(KEY)],
      },
    ]),
  });

const python = (args: readonly string[], env: Record<string, string> = {}) =>
  new Promise<{ stdout: string; stderr: string }>((done) => {
    const options = { env: { ...process.env, ...env } };
    execFile(join(venv as string, "bin", "python"), args, options, (_error, stdout, stderr) =>
      done({ stdout, stderr }),
    );
  });

describe.skipIf(!venv)(`Python's WebSocket clients${venv ? "" : ` (left out: ${why})`}`, () => {
  test("every case of RFC 6455 ends as it says, and the neighbour misses nothing", async () => {
    const bus = await judgedBus();
    try {
      const { stdout, stderr } = await python([
        join(import.meta.dirname, "rfc6455.py"),
        String(bus.port),
        KEY,
      ]);
      expect(stdout, stderr).toMatch(/^\{/);
      const report = JSON.parse(stdout);
      expect(report.failed).toEqual({});
      expect(report.cases).toBeGreaterThan(350);
      expect(report.neighbour.count).toBeGreaterThan(100);
    } finally {
      await bus.close();
    }
  });

  test("the client of docs/spec/protocol.md runs as it is printed", async () => {
    const bus = await judgedBus();
    const scratch = mkdtempSync(join(tmpdir(), "arqon-page-"));
    try {
      const page = readFileSync(join(ROOT, "docs/spec/protocol.md"), "utf8");
      const file = join(scratch, "client.py");
      writeFileSync(file, /```python\n([\s\S]*?)```/.exec(page)?.[1] ?? "");
      const protos = ["message", "op", "error", "job", "sam"].map((name) => `arqon/v1/${name}.proto`);
      const compiler = ["-m", "grpc_tools.protoc", "-I", join(ROOT, "proto"), `--python_out=${scratch}`];
      await python([...compiler, ...protos]);
      const { stdout, stderr } = await python([file, bus.url], { ARQON_API_KEY: KEY, PYTHONPATH: scratch });
      expect(stdout, stderr).toBe("joined main\nlab.sensor.read sequence 1 from judge: hello, bus\n");
    } finally {
      await bus.close();
      rmSync(scratch, { recursive: true, force: true });
    }
  });
});
