/**
 * A large artifact through the command line. Set ARQON_LARGE_MIB for another size than the 24 MiB that everyday tests take;
 * where GNU time is installed, the peak memory of every command is held to 300 MiB and, with a size set, told.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const MIB = Number(process.env["ARQON_LARGE_MIB"] ?? "24");
const TIME = "/usr/bin/time";
const root = mkdtempSync(join(process.env["ARQON_LARGE_DIR"] ?? tmpdir(), "arqon-large-"));
const zip = join(root, "large.zip");
let artifact = "";

/** Runs a program; holds its memory to the limit. */
function run(what: string, home: string, program: string, ...args: string[]): { code: number; said: string } {
  const measured = existsSync(TIME);
  const report = join(root, "time");
  const timed = measured ? [TIME, "-f", "%M %e %U %S", "-o", report] : [];
  const [command = "", ...rest] = [...timed, process.execPath, program, ...args];
  let outcome = { code: 0, said: "" };
  try {
    outcome.said = execFileSync(command, rest, {
      encoding: "utf8",
      env: { ...process.env, ARQON_HOME: join(root, home) },
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 2 ** 24,
    });
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    outcome = { code: status, said: `${stdout}${stderr}` };
  }
  if (measured) {
    const [peakKib = 0, wall = 0, user = 0, system = 0] = (
      readFileSync(report, "utf8").split("\n").at(-2) ?? ""
    )
      .split(" ")
      .map(Number);
    const line = `${what}: peak ${Math.round(peakKib / 1024)} MiB, ${wall} s, CPU ${user + system} s`;
    if (process.env["ARQON_LARGE_MIB"]) console.log(line);
    // Besides the artifacts, the doctor looks at a whole server, which it starts.
    if (what !== "doctor") expect(peakKib, line).toBeLessThan(300 * 1024);
  }
  return outcome;
}

const cli = (what: string, home: string, ...args: string[]) => run(what, home, "apps/cli/main.ts", ...args);

beforeAll(() => {
  const { code, said } = run("seal", "one", "vault/testing/large-program.ts", join(root, "one"), String(MIB));
  expect(code, said).toBe(0);
  artifact = said.trim();
}, 3_600_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("a large artifact is exported, verified, imported and verified again, in little memory", {
  timeout: 3_600_000,
}, () => {
  expect(artifact).toMatch(/^sha256:/);
  expect(cli("verify by id", "one", "verify", artifact).code).toBe(0);
  expect(cli("export", "one", "export", artifact, zip).code).toBe(0);
  expect(statSync(zip).size).toBeGreaterThan(MIB * 2 ** 20);
  const verified = cli("verify", "one", "verify", zip);
  expect(verified.said).toContain("VERIFIED");
  expect(verified.code).toBe(0);
  const imported = cli("import", "two", "import", zip);
  expect(imported.said).toContain(artifact);
  const again = join(root, "again.zip");
  expect(cli("export again", "two", "export", artifact, again).code).toBe(0);
  expect(execFileSync("cmp", [zip, again], { encoding: "utf8" })).toBe("");
  rmSync(again);
  const zipfile = "import sys, zipfile; sys.exit(zipfile.ZipFile(sys.argv[1]).testzip() is not None)";
  execFileSync("python3", ["-c", zipfile, zip]);
  const folder = join(root, "folder");
  expect(cli("export to a folder", "one", "export", artifact, folder).code).toBe(0);
  expect(cli("import of a folder", "four", "import", folder).said).toContain(artifact);
  rmSync(folder, { recursive: true });
  rmSync(join(root, "four"), { recursive: true });
  const doctor = cli("doctor", "two", "doctor");
  expect(doctor.said).toContain("1 records, all consistent");
});

test("a large archive with a byte changed or its end cut is refused, and nothing of it is kept", {
  timeout: 3_600_000,
}, () => {
  const script =
    "import sys; f=open(sys.argv[1],'r+b'); f.seek(int(sys.argv[2])); b=f.read(1); f.seek(-1,1); f.write(bytes([b[0]^1]))";
  const middle = Math.floor(statSync(zip).size / 2);
  execFileSync("python3", ["-c", script, zip, String(middle)]);
  const refused = cli("import of a changed one", "three", "import", zip);
  expect(refused.code).toBe(1);
  expect(refused.said).toMatch(/results\/samples\.bin.*does not match its checksum/);
  if (MIB > 64) expect(cli("verify of a changed one", "one", "verify", zip).code).toBe(1);
  execFileSync("python3", ["-c", script, zip, String(middle)]);
  truncateSync(zip, statSync(zip).size - 1);
  expect(cli("import of a cut one", "three", "import", zip).code).toBe(1);
  expect(cli("garbage", "three", "gc").said).toMatch(/^0 objects/);
});

test("what was kept for a run that was never sealed is garbage, once it is old enough", () => {
  const young = cli("gc", "one", "gc", "--yes").said;
  expect(young).toMatch(/ 0 that no record needs/);
  expect(cli("gc", "one", "gc", "--grace", "0s", "--yes").said).toMatch(/ 0 that no record needs/);
  expect(cli("verify", "one", "verify", artifact).code).toBe(0);
});
