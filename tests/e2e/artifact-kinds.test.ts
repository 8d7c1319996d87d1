/** Every kind of artifact from the command line: gradients, calibrations, validations. */
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { newHome } from "./cli.ts";

const ANSATZ = resolve(import.meta.dirname, "../../examples/ansatz.qasm");

interface Derivative {
  parameter: string;
  value: number;
  low: number;
  high: number;
}
interface Gradient {
  artifactId: string;
  isExact: boolean;
  gradient: Derivative[];
}
interface Shown {
  artifactType: string;
  results: Record<string, unknown>;
}
interface Refused {
  error: { code: string; message: string };
}

describe("arqon gradient", () => {
  test("is sealed as a Gradient, verifies and replays; shots give intervals around the exact derivative", async () => {
    using home = newHome();
    const ask = ["gradient", ANSATZ, "--observable", "ZZ - 0.5*XY", "--parameters", "theta=0.4,phi=1.3"];
    const exact = await home.arqon([...ask, "--json"]);
    expect(exact.code, exact.stderr).toBe(0);
    const truth = exact.json<Gradient>();
    expect(truth.isExact).toBe(true);
    const sampled = (await home.arqon([...ask, "--shots", "4000", "--seed", "1", "--json"])).json<Gradient>();
    sampled.gradient.forEach(({ parameter, low, high }, k) => {
      const { value, ...is } = truth.gradient[k] as Derivative;
      expect(is.parameter).toBe(parameter);
      expect(high - low).toBeLessThan(0.1);
      expect(Math.abs(value - (low + high) / 2)).toBeLessThan(high - low);
    });
    const shown = (await home.arqon(["show", sampled.artifactId, "--json"])).json<Shown>();
    expect(shown.artifactType).toBe("gradient");
    expect(Object.keys(shown.results)).toEqual(["gradient.json"]);
    expect((await home.arqon(["verify", sampled.artifactId])).code).toBe(0);
    expect((await home.arqon(["replay", sampled.artifactId])).stdout).toMatch(/^IDENTICAL/);
  });

  test.each([
    [["--observable", "ZZZ", "--parameters", "theta=0.1,phi=0"], "USAGE", "3 letters"],
    [["--observable", "ZZ", "--parameters", "theta=x"], "USAGE", "expected name=number"],
    [["--observable", "Q", "--parameters", "theta=0.1,phi=0"], "USAGE", "no term at character 1"],
    [["--observable", "ZZ", "--parameters", "theta=0.1"], "QASM_SEMANTIC", "phi"],
    [["--observable", "ZZ", "--level", "2"], "USAGE", "level must be between"],
  ])("refuses %j", async (options, code, message) => {
    using home = newHome();
    const refused = await home.arqon(["gradient", ANSATZ, ...options, "--json"]);
    expect(refused.code).not.toBe(0);
    expect(refused.json<Refused>().error).toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
