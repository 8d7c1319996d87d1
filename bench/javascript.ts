/**
 * The statevector beside JavaScript's own simulators: layers of RX, RZ and CZ on 10 and 12 qubits, CPU time, warm, interleaved. The
 * packages `quantum-circuit` and `jsqubits` are looked for in the node_modules of the folder that ARQON_JS_PEERS names.
 * And OpenQASM 3 read beside the reference parser, in the Python that ARQON_QASM3_PYTHON or ARQON_AER_PYTHON names (pip install openqasm3[parser]).
 */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createRandom } from "@arqon/core/base";
import { type Circuit, CircuitBuilder, parseQasm3, statevector } from "@arqon/substrates/quantum";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "javascript";

const DEPTH = 10;
const AGREE = 1e-9;
const READ_MS = 300;

type Step = readonly [gate: "rx" | "rz" | "cz", angle: number, qubits: readonly number[]];

/** Probability of the state |0...0> after the steps. */
type Simulate = (qubits: number, steps: readonly Step[]) => number;

function layers(qubits: number): Step[] {
  const random = createRandom(3n);
  const out: Step[] = [];
  for (let layer = 0; layer < DEPTH; layer++) {
    for (let q = 0; q < qubits; q++)
      out.push(["rx", 3 * random.nextDouble(), [q]], ["rz", 3 * random.nextDouble(), [q]]);
    for (let q = layer % 2; q + 1 < qubits; q += 2) out.push(["cz", 0, [q, q + 1]]);
  }
  return out;
}

function own(qubits: number, steps: readonly Step[]): number {
  const builder = new CircuitBuilder("layers");
  builder.qreg("q", qubits);
  for (const [gate, angle, on] of steps) builder.gate(gate, gate === "cz" ? [] : [angle], on);
  const circuit: Circuit = builder.build();
  const { re, im } = statevector(circuit);
  return (re[0] as number) ** 2 + (im[0] as number) ** 2;
}

interface QuantumCircuitPeer {
  state: Record<string, { re: number; im: number }>;
  addGate(gate: string, column: number, wires: readonly number[], options?: object): void;
  run(): void;
}

interface JsqubitsPeer {
  rotateX(bit: number, angle: number): JsqubitsPeer;
  rotateZ(bit: number, angle: number): JsqubitsPeer;
  controlledZ(control: number, target: number): JsqubitsPeer;
  amplitude(bits: string): { magnitude(): number };
}

async function peers(folder: string, log: (line: string) => void): Promise<[string, Simulate][]> {
  const load = createRequire(join(folder, "package.json"));
  const out: [string, Simulate][] = [];
  try {
    const QuantumCircuit = load("quantum-circuit") as new (qubits: number) => QuantumCircuitPeer;
    out.push([
      "quantum-circuit",
      (qubits, steps) => {
        const circuit = new QuantumCircuit(qubits);
        for (const [gate, angle, on] of steps)
          circuit.addGate(
            gate,
            -1,
            on,
            gate === "cz" ? {} : { params: gate === "rx" ? { theta: angle } : { phi: angle } },
          );
        circuit.run();
        const first = circuit.state["0"] ?? { re: 0, im: 0 };
        return first.re ** 2 + first.im ** 2;
      },
    ]);
  } catch (thrown) {
    log(`javascript: quantum-circuit is absent: ${(thrown as Error).message.split("\n")[0]}`);
  }
  try {
    const { Qubits } = (await import(pathToFileURL(load.resolve("jsqubits")).href)) as {
      Qubits: (bits: string) => JsqubitsPeer;
    };
    out.push([
      "jsqubits",
      (qubits, steps) => {
        let state = Qubits("0".repeat(qubits));
        for (const [gate, angle, [a, b]] of steps)
          state =
            gate === "cz"
              ? state.controlledZ(a as number, b as number)
              : gate === "rx"
                ? state.rotateX(a as number, angle)
                : state.rotateZ(a as number, angle);
        return state.amplitude("0".repeat(qubits)).magnitude() ** 2;
      },
    ]);
  } catch (thrown) {
    log(`javascript: jsqubits is absent: ${(thrown as Error).message.split("\n")[0]}`);
  }
  return out;
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  yield* readingRow(quick, log);
  const folder = process.env["ARQON_JS_PEERS"];
  if (!folder) log("javascript: quantum-circuit and jsqubits are absent: ARQON_JS_PEERS names no folder");
  const present = folder ? await peers(resolve(folder), log) : [];
  for (const qubits of quick ? [10] : [10, 12]) {
    const steps = layers(qubits);
    const wanted = own(qubits, steps);
    const common = { bench: "quantum", case: `javascript-${qubits}`, metric: "cpu_ms", unit: "ms" };
    for (const [peer, simulate] of present) {
      const apart = Math.abs(simulate(qubits, steps) - wanted);
      if (!(apart < AGREE)) throw new Error(`${peer} on ${qubits} qubits is ${apart} from ours`);
      const [values, theirs]: [number[], number[]] = [[], []];
      for (let i = 0; i < (quick ? 2 : 3); i++) {
        // Ours is over in less than the clock can tell.
        values.push(
          cpuMs(() => {
            for (let k = 0; k < 20; k++) own(qubits, steps);
          }) / 20,
        );
        theirs.push(cpuMs(() => simulate(qubits, steps)));
      }
      yield benchRow({ ...common, values, peer: { name: peer, values: theirs }, target: 1 });
    }
  }
}

/** Gates with arithmetic in their angles, calls of a defined gate, and modifiers: what a long program is made of. */
function program(lines: number): string {
  const out = [
    "OPENQASM 3.0;",
    'include "stdgates.inc";',
    "gate pair(a) x, y { rz(a / 2) x; cx x, y; }",
    "qubit[8] q;",
  ];
  for (let i = 0; i < lines; i++) {
    const [a, b] = [i % 8, (i + 3) % 8];
    out.push(
      [
        `rx(pi / ${(i % 9) + 2}) q[${a}];`,
        `cx q[${a}], q[${b}];`,
        `pair(0.${i}) q[${a}], q[${b}];`,
        `ctrl @ x q[${a}], q[${b}];`,
      ][i % 4] as string,
    );
  }
  return out.join("\n");
}

const READER = `
import json, sys, time
import openqasm3
j = json.load(sys.stdin)
openqasm3.parse(j["text"])
out = []
for _ in range(j["n"]):
    start = time.process_time(); openqasm3.parse(j["text"]); out.append(time.process_time() - start)
print(json.dumps(out))
`;

/** Statements a second; ours makes a circuit, the reference parser a syntax tree. */
function* readingRow(quick: boolean, log: (line: string) => void): Generator<BenchRow> {
  const [lines, n] = quick ? [500, 2] : [2000, 3];
  const text = program(lines);
  const values: number[] = [];
  for (let i = -1; i < n; i++) {
    let [passes, ms] = [0, 0];
    for (; ms < READ_MS; passes++) ms += cpuMs(() => parseQasm3(text, "long.qasm"));
    if (i >= 0) values.push((lines * passes * 1000) / ms);
  }
  const common = {
    bench: "quantum",
    case: "parse-qasm3",
    metric: "statements_per_s",
    unit: "statements/s",
    values,
  };
  const python = process.env["ARQON_QASM3_PYTHON"] ?? process.env["ARQON_AER_PYTHON"];
  try {
    if (!python) throw new Error("ARQON_QASM3_PYTHON names no Python with it");
    const input = JSON.stringify({ text, n });
    const stdio: ["pipe", "pipe", "ignore"] = ["pipe", "pipe", "ignore"];
    const seconds = JSON.parse(execFileSync(python, ["-c", READER], { input, stdio }).toString()) as number[];
    const theirs = seconds.map((s) => lines / s);
    yield benchRow({ ...common, peer: { name: "openqasm3", values: theirs }, floor: 1, target: 1 });
  } catch (thrown) {
    log(
      `javascript: the reference parser of OpenQASM 3 is absent: ${(thrown as Error).message.split("\n")[0]}`,
    );
    yield benchRow(common);
  }
}
