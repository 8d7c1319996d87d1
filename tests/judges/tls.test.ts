/** The crypto modes of TLS, judged by clients nobody here wrote. Left out, and said so, where they are not installed. */
import { beforeAll, describe, expect, test } from "vitest";
import { findOutsiders, type Outsider } from "../../apps/cli/tls-demo/outsiders.ts";
import { newHome } from "../e2e/cli.ts";

interface Row {
  mode: "classical" | "hybrid" | "pqc-required";
  client: string;
  connected: boolean;
  group?: string;
  signature?: string;
  reason?: string;
  remedy?: string;
  said: string;
}

const { outsiders, missing } = await findOutsiders(process.env);
const left = missing.length > 0 ? ` (left out, not here: ${missing.join("; ")})` : "";
const CURVES = { group: "X25519", signature: "ecdsa_secp256r1_sha256" };
const LATTICES = { group: "X25519MLKEM768", signature: "mldsa65" };

describe(`arqon tls demo${left}`, () => {
  let rows: Row[];
  beforeAll(async () => {
    using home = newHome();
    const demo = await home.arqon(["tls", "demo", "--json"]);
    expect(demo.code, demo.stderr).toBe(0);
    const answer = demo.json<{ rows: Row[]; missing: string[] }>();
    expect(answer.missing).toEqual(missing);
    rows = answer.rows;
  });
  const rowOf = (mode: string, client: string): Row =>
    rows.find((row) => row.mode === mode && row.client === client) as Row;

  test("our own client negotiates what each mode promises", () => {
    const own = rows.filter(({ client }) => client.startsWith("Arqon SDK"));
    expect(own).toMatchObject([
      { mode: "classical", connected: true, ...CURVES },
      { mode: "hybrid", connected: true, ...LATTICES },
      { mode: "pqc-required", connected: true, ...LATTICES },
    ]);
  });

  const modern = outsiders.filter(({ name }) => !name.endsWith("TLS 1.2"));
  test.each(modern.map((one): [string, Outsider] => [one.name, one]))(
    "%s negotiates what each mode promises",
    (name, { postQuantum }) => {
      expect(rowOf("classical", name)).toMatchObject({ connected: true, ...CURVES });
      const best = postQuantum ? LATTICES : CURVES;
      expect(rowOf("hybrid", name)).toMatchObject({ connected: true, ...best });
      const strict = rowOf("pqc-required", name);
      if (postQuantum) expect(strict).toMatchObject({ connected: true, ...LATTICES });
      else {
        expect(strict.connected).toBe(false);
        expect(strict.said).toMatch(/handshake.failure/i);
        expect(strict.reason).toContain("the client offers no key exchange of this mode");
        expect(strict.remedy).toContain("X25519MLKEM768");
      }
    },
  );

  const old = outsiders.filter(({ name }) => name.endsWith("TLS 1.2"));
  test.each(old.map(({ name }) => [name]))("%s is refused in every mode", (name) => {
    for (const mode of ["classical", "hybrid", "pqc-required"]) {
      const row = rowOf(mode, name);
      expect(row.connected).toBe(false);
      expect(row.said).toMatch(/protocol version/);
      expect(row.reason).toContain("the client speaks no TLS 1.3");
    }
  });
});
