/**
 * Rotated surface codes, from text to detection events: Pauli frames beside Stim, where a Python with Stim is named in
 * ARQON_STIM_PYTHON or ARQON_AER_PYTHON. CPU time of parsing, compiling and 10,240 shots; both sides warm.
 */
import { execFileSync } from "node:child_process";
import { compileFrames, countDetections, type PauliNoise, parseQasm2 } from "@arqon/substrates/quantum";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "surface";

const SHOTS = 10_240;
/** Repetitions that are not counted: the code is compiled by then. */
const WARM = 4;
const P = 0.001;
const Z_ORDER = [
  [1, 1],
  [1, -1],
  [-1, 1],
  [-1, -1],
] as const;
const X_ORDER = [
  [1, 1],
  [-1, 1],
  [1, -1],
  [-1, -1],
] as const;

/** A memory experiment in both languages, and its detectors as lists of measurements. */
interface Memory {
  readonly qasm: string;
  readonly stim: string;
  readonly detectors: readonly (readonly number[])[];
}

/** @source the layout of stim.Circuit.generated("surface_code:rotated_memory_z") */
function memory(distance: number): Memory {
  const index = new Map<string, number>();
  const place = (x: number, y: number): number | undefined => index.get(`${x},${y}`);
  const add = (x: number, y: number): number => {
    index.set(`${x},${y}`, index.size);
    return index.size - 1;
  };
  const data: number[] = [];
  for (let i = 0; i < distance; i++) for (let j = 0; j < distance; j++) data.push(add(2 * i + 1, 2 * j + 1));
  const checks: { q: number; x: number; y: number; isX: boolean }[] = [];
  for (let i = 0; i <= distance; i++)
    for (let j = 0; j <= distance; j++) {
      const isX = i % 2 !== j % 2;
      if (((i === 0 || i === distance) && isX) || ((j === 0 || j === distance) && !isX)) continue;
      checks.push({ q: add(2 * i, 2 * j), x: 2 * i, y: 2 * j, isX });
    }
  const [qasm, stim]: [string[], string[]] = [[], []];
  const detectors: number[][] = [];
  let measured = 0;
  const detector = (records: number[]): void => {
    detectors.push(records);
    stim.push(`DETECTOR ${records.map((r) => `rec[${r - measured}]`).join(" ")}`);
  };
  const each = (gate: string, error: string, qubits: readonly number[]): void => {
    for (const q of qubits) qasm.push(gate === "" ? `id q[${q}];` : `${gate} q[${q}]; id q[${q}];`);
    if (gate !== "") stim.push(`${gate.toUpperCase()} ${qubits.join(" ")}`);
    stim.push(`${error}(${P}) ${qubits.join(" ")}`);
  };
  const reset = (qubits: readonly number[]): void => {
    for (const q of qubits) qasm.push(`reset q[${q}];`);
    stim.push(`R ${qubits.join(" ")}`, `X_ERROR(${P}) ${qubits.join(" ")}`);
  };
  const measure = (qubits: readonly number[]): void => {
    for (const q of qubits) qasm.push(`measure q[${q}]->c[${measured++}];`);
    stim.push(`X_ERROR(${P}) ${qubits.join(" ")}`, `M ${qubits.join(" ")}`);
  };
  const ancillas = checks.map(({ q }) => q);
  const xs = checks.filter(({ isX }) => isX).map(({ q }) => q);
  reset([...data, ...ancillas]);
  for (let round = 0; round < distance; round++) {
    each("", "DEPOLARIZE1", data);
    each("h", "DEPOLARIZE1", xs);
    for (let k = 0; k < 4; k++) {
      const pairs = checks.flatMap(({ q, x, y, isX }) => {
        const [dx, dy] = (isX ? X_ORDER : Z_ORDER)[k] as readonly [number, number];
        const other = place(x + dx, y + dy);
        return other === undefined ? [] : [isX ? [q, other] : [other, q]];
      });
      for (const [a, b] of pairs) qasm.push(`cx q[${a}],q[${b}];`);
      stim.push(`CX ${pairs.flat().join(" ")}`, `DEPOLARIZE2(${P}) ${pairs.flat().join(" ")}`);
    }
    each("h", "DEPOLARIZE1", xs);
    measure(ancillas);
    const first = measured - checks.length;
    for (const [k, { isX }] of checks.entries()) {
      if (round > 0) detector([first + k, first + k - checks.length]);
      else if (!isX) detector([first + k]);
    }
    reset(ancillas);
  }
  measure(data);
  const first = measured - data.length;
  for (const [k, { x, y, isX }] of checks.entries()) {
    if (isX) continue;
    const around = Z_ORDER.flatMap(([dx, dy]) => place(x + dx, y + dy) ?? []).map(
      (q) => first + data.indexOf(q),
    );
    detector([...around, first - checks.length + k]);
  }
  const head = `OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[${index.size}];\ncreg c[${measured}];\n`;
  return { qasm: head + qasm.join("\n"), stim: stim.join("\n"), detectors };
}

const LETTERS = ["I", "X", "Y", "Z"];
const NOISE: readonly PauliNoise[] = [
  {
    gate: "cx",
    probabilities: Object.fromEntries(
      LETTERS.flatMap((a) => LETTERS.map((b) => a + b))
        .slice(1)
        .map((label) => [label, P / 15]),
    ),
  },
  { gate: "id", probabilities: { X: P / 3, Y: P / 3, Z: P / 3 } },
  { gate: "measure", probabilities: { X: P } },
  { gate: "reset", probabilities: { X: P } },
];

/** Repetitions of the peer: CPU milliseconds and mean rate of detection events. */
const PEER = `import json, sys, time, stim
text, n = sys.stdin.read(), int(sys.argv[1])
out = []
for k in range(n + 1):
    t = time.process_time()
    events = stim.Circuit(text).compile_detector_sampler(seed=k).sample(${SHOTS}, bit_packed=True)
    out.append(1000 * (time.process_time() - t))
rate = stim.Circuit(text).compile_detector_sampler(seed=99).sample(${SHOTS}).mean()
print(json.dumps({"ms": out[1:], "rate": float(rate)}))`;

function peerOf(
  text: string,
  n: number,
  log: (line: string) => void,
): { ms: number[]; rate: number } | undefined {
  const python = process.env["ARQON_STIM_PYTHON"] ?? process.env["ARQON_AER_PYTHON"];
  try {
    if (!python) throw new Error("ARQON_STIM_PYTHON names no Python with it");
    return JSON.parse(
      execFileSync(python, ["-c", PEER, String(n)], { input: text, encoding: "utf8", stdio: "pipe" }),
    );
  } catch (thrown) {
    log(`surface: Stim is absent: ${(thrown as Error).message.split("\n").at(-1)}`);
    return undefined;
  }
}

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const n = quick ? 2 : 5;
  for (const distance of [11, 25]) {
    const { qasm, stim, detectors } = memory(distance);
    const ours: number[] = [];
    let rate = 0;
    for (let k = 0; k < WARM + n; k++) {
      const before = process.cpuUsage();
      const program = compileFrames(parseQasm2(qasm, "surface.qasm"), NOISE);
      const fired = countDetections(program, detectors, { shots: SHOTS, seed: BigInt(k) });
      const { user, system } = process.cpuUsage(before);
      if (k >= WARM) ours.push((user + system) / 1000);
      rate = fired.reduce((sum, count) => sum + count, 0) / SHOTS / detectors.length;
    }
    const peer = peerOf(stim, n, log);
    log(
      `surface: distance ${distance}: rate ${rate.toFixed(5)}${peer ? `, Stim ${peer.rate.toFixed(5)}` : ""}`,
    );
    if (peer && Math.abs(rate / peer.rate - 1) > 0.05)
      throw new Error("the rates of detection events differ");
    yield benchRow({
      bench: "quantum",
      case: `surface-${distance}`,
      metric: "cpu_ms",
      unit: "ms",
      values: ours,
      ...(peer && { peer: { name: "stim", values: peer.ms }, target: 1.5 }),
    });
  }
}
