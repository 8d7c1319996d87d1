/** `arqon transpile FILE`: a circuit compiled for a device, or for a basis and coupling. */
import { basename } from "node:path";
import { ArqonError } from "@arqon/core/base";
import type { CircuitFeatures, HygieneAction, Target } from "@arqon/substrates/quantum";
import type { Arguments, Command } from "../command.ts";
import { INPUT_OPTION, inputsFrom, POLICY_OPTION, readCalibrationFile } from "../experiment.ts";
import { table } from "../render.ts";
import { readCircuit } from "../store.ts";
import { wholeNumber } from "../whole-number.ts";

/** Unitaries up to this many qubits are compared at once; larger ones would keep a person waiting. */
const CHECKED_QUBITS = 8;

const TIMES_LOST =
  "OpenQASM 2 has no times: delays and ends of boxes are barriers with a comment; --qasm 3 keeps them";

export const transpile: Command = {
  name: "transpile",
  summary: "compile a circuit to a device's gates and pairs of qubits; prints OpenQASM and what it took",
  positionals: ["FILE"],
  options: {
    device: {
      type: "string",
      value: "CALIBRATION.json",
      help: "a calibration: gates, pairs and their errors",
    },
    ...POLICY_OPTION,
    basis: { type: "string", value: "GATES", help: "instead: gates, such as rz,sx,x,cz (or cx, ecr, rzz)" },
    coupling: { type: "string", value: "PAIRS", help: "with --basis: pairs such as 0-1,1-2 (default: all)" },
    seed: { type: "string", value: "N", help: "of layouts that are tried and ties of routing (default 0)" },
    ...INPUT_OPTION,
    qasm: { type: "string", value: "2|3", help: "version of OpenQASM to write (default 2)" },
  },
  example: "arqon transpile examples/bell.qasm --basis rz,sx,x,cz --coupling 0-1,1-2",
  async run(args, terminal) {
    const [path] = args.positionals as [string];
    const source = await readCircuit(path);
    const quantum = await import("@arqon/substrates/quantum");
    const target = await targetFrom(args);
    const circuit = quantum.parseQasm(source, basename(path), { inputs: inputsFrom(args.text("input")) });
    const seed = BigInt(wholeNumber(args, "seed", 0, Number.MAX_SAFE_INTEGER) ?? 0);
    const made = quantum.transpile(circuit, target, { seed });
    const version = args.text("qasm") ?? "2";
    if (version !== "2" && version !== "3")
      throw new ArqonError("USAGE", `--qasm ${version}: expected 2 or 3`);
    const qasm = version === "2" ? quantum.toQasm2(made.circuit) : quantum.toQasm3(made.circuit);
    const losesTimes = version === "2" && circuit.codes.some((_, i) => quantum.timingOf(circuit, i));
    const warnings = [...circuit.warnings, ...(losesTimes ? [TIMES_LOST] : [])];
    const [before, after] = [quantum.circuitFeatures(circuit), quantum.circuitFeatures(made.circuit)];
    const gates = countsOf(made.circuit.codes, quantum.GATES);
    const difference = compared(() => quantum.unitaryDifference(circuit, made.circuit, made), circuit.qubits);
    const { layout, finalLayout, swaps } = made;
    terminal.answer({
      qasm,
      layout: [...layout],
      finalLayout: [...finalLayout],
      swaps,
      gates,
      before: { ...before },
      after: { ...after },
      ...(difference !== undefined && { difference }),
      warnings,
    });
    for (const line of qasm.trimEnd().split("\n")) terminal.print(line);
    terminal.print();
    const row = (name: string, pick: (features: CircuitFeatures) => number): string[] => [
      name,
      String(pick(before)),
      String(pick(after)),
    ];
    const rows = [
      row("depth", ({ depth }) => depth),
      row("one-qubit gates", ({ oneQubitGates }) => oneQubitGates),
      row("two-qubit gates", ({ twoQubitGates }) => twoQubitGates),
      row("larger gates", ({ largerGates }) => largerGates),
    ];
    const comment = (line: string): void => terminal.print(`// ${line}`);
    for (const line of table([`for ${target.name}`, "before", "after"], rows)) comment(line);
    comment(`qubits start at ${layout.join(", ")} and end at ${finalLayout.join(", ")}; ${swaps} swaps`);
    if (difference !== undefined)
      comment(`the same unitary, up to a phase: largest difference ${difference.toExponential(1)}`);
    for (const warning of warnings) comment(`note: ${warning}`);
    return 0;
  },
};

async function targetFrom(args: Arguments): Promise<Target> {
  const [device, basis, coupling] = [args.text("device"), args.text("basis"), args.text("coupling")];
  const policy = args.text("calibration-policy") ?? "repair";
  const { deviceTarget, HYGIENE_POLICIES, targetOf } = await import("@arqon/substrates/quantum");
  if (device !== undefined) {
    if (basis !== undefined || coupling !== undefined)
      throw new ArqonError("USAGE", "--device already says the basis and the coupling");
    if (!Object.hasOwn(HYGIENE_POLICIES, policy))
      throw new ArqonError("USAGE", `--calibration-policy ${policy}: expected warn, repair or refuse`);
    return deviceTarget(await readCalibrationFile(device), HYGIENE_POLICIES[policy as HygieneAction]);
  }
  if (basis === undefined) throw new ArqonError("USAGE", "--device or --basis is missing");
  const names = basis.split(",").map((name) => name.trim());
  return targetOf(
    `basis ${names.join(" ")}`,
    names,
    coupling === undefined ? undefined : pairsFrom(coupling),
  );
}

function pairsFrom(text: string): [number, number][] {
  return text.split(",").map((pair) => {
    const match = /^\s*([0-9]{1,5})\s*-\s*([0-9]{1,5})\s*$/.exec(pair);
    if (!match) throw new ArqonError("USAGE", `--coupling ${pair}: expected pairs such as 0-1,1-2`);
    return [Number(match[1]), Number(match[2])];
  });
}

function countsOf(codes: Uint16Array, gates: readonly { readonly name: string }[]): Record<string, number> {
  const out: Record<string, number> = {};
  for (const code of codes) {
    const name = gates[code]?.name;
    if (name !== undefined) out[name] = (out[name] ?? 0) + 1;
  }
  return out;
}

/** The difference where it can be computed: small, and a unitary. */
function compared(difference: () => number, qubits: number): number | undefined {
  if (qubits > CHECKED_QUBITS) return undefined;
  try {
    return difference();
  } catch (thrown) {
    const { code } = ArqonError.from(thrown);
    if (code === "LIMIT_EXCEEDED" || code === "QASM_UNSUPPORTED") return undefined;
    throw thrown;
  }
}
