/** Prints digests of states and of counts with a crew, with wide vectors if the first argument is "wide". */
import { sha256Hex, utf8 } from "@arqon/core/base";
import { parseQasm, runCircuit, statevector } from "@arqon/substrates/quantum";
import { crewOf } from "./crew.ts";
import { widenVectors } from "./wide-vectors.ts";

const wide = process.argv[2] === "wide" && (await widenVectors({}));
const digests: string[] = [];

function circuitOf(qubits: number, tail: string): ReturnType<typeof parseQasm> {
  const layer = (k: number): string =>
    Array.from({ length: qubits }, (_, q) => `u3(${0.3 + k + q},${1.1 * q},${0.4 * k}) q[${q}];`).join("\n");
  const pairs = (k: number): string =>
    Array.from({ length: qubits - 1 }, (_, q) =>
      (q + k) % 2 ? "" : `${k % 3 ? "cz" : "cx"} q[${q}],q[${q + 1}];`,
    ).join("\n");
  const body = [0, 1, 2, 3].map((k) => layer(k) + pairs(k)).join("\n");
  return parseQasm(`OPENQASM 2.0; include "qelib1.inc"; qreg q[${qubits}];\n${body}\n${tail}`, "wide.qasm");
}

for (const qubits of [5, 12, 16, 17])
  for (const precision of ["f32", "f64"] as const) {
    const far = `cp(0.7) q[0],q[${qubits - 1}]; ccx q[1],q[${qubits - 2}],q[2]; swap q[0],q[${qubits - 1}]; ecr q[1],q[${qubits - 1}];`;
    for (const tail of ["", far]) {
      const { re, im } = statevector(circuitOf(qubits, tail), "fast", { precision });
      for (const part of [re, im])
        digests.push(sha256Hex(new Uint8Array(part.buffer, part.byteOffset, part.byteLength)));
    }
  }
for (const precision of ["f32", "f64"] as const) {
  const { counts } = runCircuit(circuitOf(18, ""), { shots: 200, seed: 3n, precision, crew: crewOf(2) });
  digests.push(sha256Hex(utf8(JSON.stringify([precision, ...counts]))));
}
console.log(JSON.stringify({ wide, digests }));
process.exit(0);
