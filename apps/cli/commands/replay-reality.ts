/** `arqon replay-reality`: plays what was logged again, in a Reality of its own, and compares. */
import { pathToFileURL } from "node:url";
import { ArqonError, type Json, systemClock, systemEntropy, toHex } from "@arqon/core/base";
import { type DeterministicOperator, parseOverride, replayReality, reportTable } from "@arqon/lab/replay";
import type { Command } from "../command.ts";
import { onInterrupt } from "../interrupts.ts";
import { withClient } from "../session.ts";
import { RANGE_OPTIONS, timeOption } from "../time.ts";
import { wholeNumber } from "../whole-number.ts";
import { seedFrom } from "./run.ts";

export const replayRealityCommand: Command = {
  name: "replay-reality",
  summary: "play logged messages again in a Reality of their own: IDENTICAL, DIVERGED, NOT_COMPARABLE",
  positionals: ["OPERATORS.ts?"],
  options: {
    ...RANGE_OPTIONS,
    filter: { type: "string", value: "FILTER", help: "topics to play (default: all)" },
    reality: { type: "string", value: "NAME", help: "the Reality that was recorded (default: main)" },
    id: { type: "string", value: "NAME", help: "plays into replay.NAME (default: a new one)" },
    speed: { type: "string", value: "N", help: "N times as fast as recorded (default: as fast as possible)" },
    set: {
      type: "string",
      value: "CHANGE",
      help: "other parameters: FILTER#/POINTER=JSON, several separated by ';', e.g. 'lab.config.set#/rate=3.9'",
    },
    seed: { type: "string", value: "S", help: "for operators of which the log has no run" },
  },
  example: "arqon replay-reality operators.ts --since 2h",
  async run(args, terminal) {
    const [file] = args.positionals;
    const operators = file === undefined ? [] : await operatorsOf(file);
    const overrides = (args.text("set") ?? "").split(";").filter(Boolean).map(parseOverride);
    const fromSequence = wholeNumber(args, "from", 0, Number.MAX_SAFE_INTEGER);
    const toSequence = wholeNumber(args, "to", 1, Number.MAX_SAFE_INTEGER);
    const fromUs = timeOption(args, "since");
    const toUs = timeOption(args, "until");
    const speed = args.text("speed");
    const filter = args.text("filter");
    const cancel = new AbortController();
    const stop = onInterrupt(() => cancel.abort(new ArqonError("CANCELLED", "interrupted")));
    const reality = args.text("reality") ?? "main";
    const id = args.text("id") ?? toHex(systemEntropy(4));
    const report = await withClient(terminal, [], async (client) => {
      // To join one that is not there would make it.
      await client.request("sys.reality.get", { name: reality });
      return replayReality({
        connection: { url: client.url, reality, client: "arqon-cli" },
        id,
        operators,
        overrides,
        ...(filter !== undefined && { filter }),
        ...(fromSequence !== undefined && { fromSequence }),
        ...(toSequence !== undefined && { toSequence }),
        ...(fromUs !== undefined && { fromUs }),
        ...(toUs !== undefined && { toUs }),
        ...(speed !== undefined && { speed: Number(speed) }),
        ...(args.text("seed") !== undefined && { seed: BigInt(seedFrom(args)) }),
        onProgress: (played) => terminal.progress(`played ${played} messages`),
        signal: cancel.signal,
        clock: systemClock,
      });
    }).finally(stop);
    terminal.progress("");
    terminal.answer(report as unknown as Json);
    for (const line of reportTable(report)) terminal.print(line);
    terminal.print();
    terminal.print(
      `what was played is in Reality replay.${id}; \`${terminal.invocation} gc --replays\` removes such`,
    );
    return report.verdict === "DIVERGED" ? 1 : 0;
  },
};

/** What a file exports by default: one deterministic operator, or several. @throws ArqonError `USAGE` */
async function operatorsOf(file: string): Promise<readonly DeterministicOperator[]> {
  let exported: unknown;
  try {
    exported = ((await import(pathToFileURL(file).href)) as { readonly default?: unknown }).default;
  } catch (cause) {
    throw new ArqonError("USAGE", `${file} cannot be loaded: ${(cause as Error).message}`, { cause });
  }
  const operators = Array.isArray(exported) ? exported : [exported];
  if (!operators.every(isOperator))
    throw new ArqonError("USAGE", `${file} must export deterministic operators by default`);
  return operators;
}

function isOperator(value: unknown): value is DeterministicOperator {
  const { id, inputs, start } = (value ?? {}) as { [key in keyof DeterministicOperator]?: unknown };
  return typeof id === "string" && Array.isArray(inputs) && typeof start === "function";
}
