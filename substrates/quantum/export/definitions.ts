/** Gates of the table that stdgates.inc lacks, as definitions in OpenQASM 3; equal to the table, phase and all. */
import { qelibDefinition } from "../gates/qelib1.ts";

const WRITTEN = `
gate u0(gamma) q { id q; }
gate u(theta, phi, lambda) q { U(theta, phi, lambda) q; gphase(-theta / 2); }
gate sxdg q { inv @ sx q; }
gate cu1(lambda) a, b { cp(lambda) a, b; }
gate cu3(theta, phi, lambda) a, b { cu(theta, phi, lambda, 0) a, b; }
gate csx a, b { ctrl @ sx a, b; }
gate rxx(theta) a, b { h a; h b; cx a, b; rz(theta) b; cx a, b; h a; h b; }
gate rzz(theta) a, b { cx a, b; rz(theta) b; cx a, b; }
gate c3x a, b, c, d { ctrl(3) @ x a, b, c, d; }
gate c3sqrtx a, b, c, d { ctrl(3) @ sx a, b, c, d; }
gate c4x a, b, c, d, e { ctrl(4) @ x a, b, c, d, e; }
gate ecr a, b { s a; sx b; cx a, b; x a; gphase(-pi / 4); }
`
  .trim()
  .split("\n");

/** As in OpenQASM 2; u2(0, pi), which OpenQASM 3 turns, is the Hadamard gate there. */
const AS_IN_2 = ["rccx", "rc3x"].map((name) => (qelibDefinition(name) as string).replaceAll("u2(0,pi)", "h"));

/** By name. */
export const DEFINITIONS: ReadonlyMap<string, string> = new Map(
  [...WRITTEN, ...AS_IN_2].map((line) => [line.split(/[ (]/)[1] as string, line]),
);
