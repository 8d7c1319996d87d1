import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { newHome } from "./cli.ts";

const HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n';
const CHAIN = Array.from({ length: 59 }, (_, q) => `ry(0.${1 + (q % 7)}) q[${q}]; cx q[${q}],q[${q + 1}];`);

interface Said {
  readonly engine: string;
  readonly reason: string;
  readonly artifactId: string;
  readonly expectations: readonly { readonly value: number }[];
  readonly error: { readonly code: string; readonly message: string };
}

test("observables of wide circuits are run, sealed and replayed, with what the chain lost", async () => {
  using home = newHome();
  expect((await home.arqon(["serve", "--threads", "0"])).stderr).toContain("--threads");
  const server = await home.serve({}, 0, ["--threads", "2"]);
  try {
    const file = home.file("wide.qasm");
    writeFileSync(file, `${HEAD}qreg q[60]; ${CHAIN.join(" ")}`);
    const asked = ["--shots", "10", "--seed", "3", "--observable", `${"I".repeat(59)}Z`];
    const ran = await home.arqon(["run", file, ...asked, "--mps-bond", "16", "--json"]);
    expect(ran.code, ran.stderr).toBe(0);
    const { engine, reason, expectations, artifactId } = ran.json<Said>();
    expect([engine, reason]).toEqual(["mps", expect.stringMatching(/bonds grew to \d+/)]);
    expect(expectations[0]?.value).toBeCloseTo(Math.cos(0.1), 12);
    const again = await home.arqon(["replay", artifactId]);
    expect([again.code, again.stdout.split("\n")[0]], again.stderr).toEqual([0, "IDENTICAL"]);

    for (const command of ["run", "estimate"]) {
      const refused = await home.arqon([command, file, "--engine", "statevector", "--json"]);
      expect(refused.json<Said>().error).toMatchObject({
        code: "QUANTUM_TOO_LARGE",
        message: expect.stringMatching(/3\.0 GiB/),
      });
    }
  } finally {
    await server.stop();
  }
});
