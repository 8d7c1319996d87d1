/** The gates of stdgates.inc, and where each is found in the gate table. */
import { GATES } from "../gates/table.ts";
import type { GateName } from "./scope.ts";

const SAME = "p x y z h s sdg t tdg sx rx ry rz cx cy cz cp crx cry crz ch swap ccx cswap cu CX id u1 u2 u3";
const RENAMED: Readonly<Record<string, string>> = { phase: "p", cphase: "cp" };

function named(name: string, table: string): readonly [string, GateName] {
  const gate = GATES.find((row) => row.name === table);
  if (gate === undefined) throw new TypeError(`no gate ${table}`);
  const qubits = Array.from({ length: gate.qubits }, (_, i) => `q${i}`);
  return [name, { kind: "gate", parameters: gate.parameters, qubits, body: table }];
}

/**
 * Gates of the standard library by name.
 * @source examples/stdgates.inc of github.com/openqasm/openqasm
 */
export const STANDARD_GATES: ReadonlyMap<string, GateName> = new Map([
  ...SAME.split(" ").map((name) => named(name, name)),
  ...Object.entries(RENAMED).map(([name, table]) => named(name, table)),
]);

/** The gates of the language itself: U, and the phase, which has no qubits. */
export const BUILT_IN: ReadonlyMap<string, GateName> = new Map([
  named("U", "U"),
  ["gphase", { kind: "gate", parameters: ["gamma"], qubits: [], body: "gphase" }],
]);
