/** Circuits to begin with, as OpenQASM 2. */
import { createRandom } from "@arqon/core/base";

/** One entry of the list. */
export interface Example {
  readonly name: string;
  readonly source: string;
}

const HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n';
const WIDTH = 20;

export const EXAMPLES: readonly Example[] = [
  { name: "Phase estimation of 1/3, 20 qubits", source: phaseEstimation(WIDTH) },
  { name: "Random gates, 20 qubits", source: bricks(WIDTH, 12) },
  { name: "GHZ state, 20 qubits", source: ghz(WIDTH) },
  { name: "Bell pair", source: ghz(2) },
];

function circuit(qubits: number, gates: readonly string[]): string {
  return `${HEAD}qreg q[${qubits}];\ncreg c[${qubits}];\n${gates.join("\n")}\nmeasure q -> c;\n`;
}

function ghz(qubits: number): string {
  const chain = Array.from({ length: qubits - 1 }, (_, q) => `cx q[${q}],q[${q + 1}];`);
  return circuit(qubits, ["h q[0];", ...chain]);
}

/** The phase of P(2 pi / 3) on |1>, to as many binary digits as there are qubits but one. */
function phaseEstimation(qubits: number): string {
  const digits = qubits - 1;
  const target = `q[${digits}]`;
  const gates = [`x ${target};`];
  for (let q = 0; q < digits; q++) gates.push(`h q[${q}];`, `cu1(2*pi/3*${2 ** q}) q[${q}],${target};`);
  for (let q = digits - 1; q >= 0; q--) {
    for (let p = digits - 1; p > q; p--) gates.push(`cu1(-pi/${2 ** (p - q)}) q[${p}],q[${q}];`);
    gates.push(`h q[${q}];`);
  }
  // The transform leaves the digits the other way round.
  const measured = Array.from({ length: digits }, (_, q) => `measure q[${digits - 1 - q}] -> c[${q}];`);
  return `${HEAD}qreg q[${qubits}];\ncreg c[${digits}];\n${[...gates, ...measured].join("\n")}\n`;
}

function bricks(qubits: number, depth: number): string {
  const random = createRandom(1n);
  const angle = (): string => (2 * Math.PI * random.nextDouble()).toFixed(6);
  const gates: string[] = [];
  for (let layer = 0; layer < depth; layer++) {
    for (let q = 0; q < qubits; q++) gates.push(`u3(${angle()},${angle()},${angle()}) q[${q}];`);
    for (let q = layer % 2; q + 1 < qubits; q += 2) gates.push(`cz q[${q}],q[${q + 1}];`);
  }
  return circuit(qubits, gates);
}
