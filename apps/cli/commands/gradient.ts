/** `arqon gradient FILE --observable O`: the derivatives of an expectation value, sealed as a Gradient artifact. */
import { basename } from "node:path";
import { ArqonError, formatCount, type Json } from "@arqon/core/base";
import type { GradientResult } from "@arqon/sdk";
import { cancellable } from "../cancellable.ts";
import type { Arguments, Command } from "../command.ts";
import { LABEL_OPTIONS, labelsFrom } from "../labels.ts";
import { shortId } from "../render.ts";
import { gradientLines } from "../result-view.ts";
import { withClient } from "../session.ts";
import { readCircuit } from "../store.ts";
import type { Terminal } from "../terminal.ts";
import { wholeNumber } from "../whole-number.ts";
import { nextCommands, seedFrom } from "./run.ts";

export const gradient: Command = {
  name: "gradient",
  summary: "differentiate an observable in a circuit's inputs or angles, by the parameter-shift rule",
  positionals: ["FILE"],
  options: {
    observable: { type: "string", value: "O", help: 'sum of Pauli strings, e.g. "0.5*ZZ - XI" (needed)' },
    parameters: {
      type: "string",
      value: "P",
      help: "where the inputs of OpenQASM 3 stand, e.g. theta=0.4,phi=1.3 (needed where it has any), or all angles (default: all)",
    },
    shots: { type: "string", value: "N", help: "for each term and shifted circuit; 0 is exact (default 0)" },
    level: { type: "string", value: "L", help: "confidence of the intervals (default 0.95)" },
    seed: { type: "string", value: "S", help: "64-bit seed, decimal or 0x hexadecimal (default: random)" },
    backend: { type: "string", value: "B", help: "backend id (default: the scheduler chooses)" },
    ...LABEL_OPTIONS,
  },
  example: "arqon gradient examples/ansatz.qasm --observable ZZ --parameters theta=0.4,phi=1.3 --shots 4000",
  async run(args, terminal) {
    const [path] = args.positionals as [string];
    const observable = args.text("observable");
    if (!observable)
      throw new ArqonError("USAGE", '--observable is missing: a sum of Pauli strings, e.g. "ZZ"');
    const source = await readCircuit(path);
    const parameters = pointFrom(args);
    const inputs = [...source.matchAll(/^\s*input\s[^;]*?([A-Za-z_]\w*)\s*;/gm)].map(([, name]) => name);
    if (parameters === "all" && inputs.length > 0)
      throw new ArqonError("USAGE", `${path} has inputs: say with --parameters where they stand`, {
        remedy: `For example: --parameters ${inputs.map((name) => `${name}=0.4`).join(",")}`,
      });
    const shots = wholeNumber(args, "shots", 0, 10_000_000) ?? 0;
    const level = Number(args.text("level") ?? "0.95");
    if (!(level > 0 && level < 1))
      throw new ArqonError("USAGE", `--level ${args.text("level")}: expected a number between 0 and 1`);
    const backend = args.text("backend");
    const labels = labelsFrom(args);
    terminal.progress(`${basename(path)}: differentiating`);
    const result = await withClient(terminal, ["scheduler", "quantum", "artifacts"], (client) =>
      cancellable(client, terminal, (id) =>
        client.gradient(source, {
          ...labels,
          id,
          level,
          observable,
          parameters,
          seed: seedFrom(args),
          shots,
          name: basename(path),
          ...(backend !== undefined && { backend }),
        }),
      ),
    );
    terminal.progress("");
    terminal.answer({ ...result } as unknown as Json);
    print(result, basename(path), terminal);
    return 0;
  },
};

/** @throws ArqonError `USAGE` */
function pointFrom(args: Arguments): "all" | Record<string, number> {
  const text = args.text("parameters") ?? "all";
  if (text === "all") return "all";
  const point = text.split(",").map((part): [string, number] => {
    const [, name, value] = /^\s*([^=\s]+)\s*=\s*(\S+)\s*$/.exec(part) ?? [];
    if (name === undefined || !Number.isFinite(Number(value)))
      throw new ArqonError("USAGE", `--parameters ${part}: expected name=number, or all`);
    return [name, Number(value)];
  });
  return Object.fromEntries(point);
}

function print(result: GradientResult, title: string, terminal: Terminal): void {
  const { shots, seed, backend, evaluations, isExact, artifactId } = result;
  const how = isExact ? "exact" : `${formatCount(shots, "shot")} each, seed ${seed}`;
  terminal.print(`${title} · ${how} · ${formatCount(evaluations, "circuit")} · ${backend}`);
  terminal.print();
  for (const line of gradientLines(result)) terminal.print(line);
  for (const warning of result.warnings) terminal.print(`  note: ${warning}`);
  terminal.print();
  terminal.print(`artifact  ${artifactId}`);
  terminal.print();
  for (const line of nextCommands(shortId(artifactId), terminal.invocation)) terminal.print(line);
}
