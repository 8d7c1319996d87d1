/** `arqon demo` (`npm start`): one job's whole life, seen from the outside, in a few seconds. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ArqonError, formatDuration } from "@arqon/core/base";
import { verifyBundle } from "@arqon/core/bundle";
import type { Hop } from "@arqon/core/wire";
import type { Client, RunResult } from "@arqon/sdk";
import { readTrust } from "@arqon/vault";
import type { Command } from "../command.ts";
import { histogram, shortId, table } from "../render.ts";
import { withClient } from "../session.ts";
import { withVault } from "../store.ts";
import type { Terminal } from "../terminal.ts";
import { nextCommands } from "./run.ts";

const CIRCUIT = "examples/bell.qasm";
const SHOTS = 1024;
const SEED = "0x2a";

export const demo: Command = {
  name: "demo",
  summary: "run a sample circuit through the bus; show hops, result, verification and replay",
  positionals: [],
  options: {},
  example: "arqon demo",
  async run(_args, terminal) {
    const source = await readFile(resolve(import.meta.dirname, "../../..", CIRCUIT), "utf8");
    terminal.print(`arqon · one job, from circuit file to verified artifact · ARQON_HOME ${terminal.home}`);
    terminal.print();
    for (const line of source.trim().split("\n")) terminal.print(`    ${line}`);
    terminal.print();
    return withClient(terminal, ["scheduler", "quantum", "replay"], (client) =>
      show(client, source, terminal),
    );
  },
};

async function show(client: Client, source: string, terminal: Terminal): Promise<number> {
  const result = await client.runCircuit(source, { shots: SHOTS, seed: SEED, name: "bell.qasm" });
  terminal.print(`1. submitted over the bus at ${client.url}; what the job went through:`);
  terminal.print();
  for (const line of hopLines(result.hops)) terminal.print(`   ${line}`);
  terminal.print();
  terminal.print(`2. result: ${result.qubits} qubits, ${SHOTS} shots, seed ${SEED}, on ${result.backend}`);
  terminal.print();
  for (const line of histogram(result.counts, terminal.columns)) terminal.print(` ${line}`);
  terminal.print();
  terminal.print("3. sealed, under ids that are the same on any machine");
  terminal.print();
  terminal.print(`   recipe    ${result.recipeId}  what was asked`);
  terminal.print(`   artifact  ${result.artifactId}  what came of it`);
  terminal.print();

  const report = await withVault(terminal, async (vault) =>
    verifyBundle(await vault.bundle(result.recordId), { trust: await readTrust(terminal.home) }),
  );
  const passed = report.checks.filter((check) => check.status === "ok").length;
  terminal.print(
    `4. verified offline: ${report.verdict} (${passed} checks: digests, ids, two signatures, ledger proof)`,
  );

  const replay = await client.replay(result.artifactId, {});
  terminal.print(`5. replayed: ${replay.verdict}`);
  terminal.print();
  terminal.answer(summary(result, report.verdict, replay.verdict));
  const id = shortId(result.artifactId);
  for (const line of nextCommands(id, terminal.invocation)) terminal.print(line);
  terminal.print(`  ${terminal.invocation} run FILE.qasm                  your own circuit`);
  if (report.verdict === "VERIFIED" && replay.verdict === "IDENTICAL") return 0;
  throw new ArqonError(
    "BUNDLE_TAMPERED",
    `verification said ${report.verdict}, replay said ${replay.verdict}`,
  );
}

/** The hops as a table with a bar for when each one ran. */
function hopLines(hops: readonly Pick<Hop, "name" | "startMs" | "durationMs">[]): string[] {
  const end = hops.reduce((latest, hop) => Math.max(latest, hop.startMs + hop.durationMs), 0.001);
  const width = 32;
  const cells = hops.map((hop) => {
    const from = Math.min(width - 1, Math.floor((hop.startMs / end) * width));
    const length = Math.max(1, Math.min(width - from, Math.round((hop.durationMs / end) * width)));
    return [
      hop.name,
      `${" ".repeat(from)}${"▬".repeat(length)}`.padEnd(width),
      formatDuration(hop.durationMs),
    ];
  });
  return table(["hop", `0 … ${formatDuration(end)}`, "took"], cells);
}

function summary(
  result: RunResult,
  verdict: string,
  replay: string,
): { [key: string]: string | number | Record<string, number> } {
  return {
    artifactId: result.artifactId,
    recipeId: result.recipeId,
    recordId: result.recordId,
    counts: { ...result.counts },
    verification: verdict,
    replay,
  };
}
