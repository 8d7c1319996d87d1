/** Every example of the help runs as it stands, against a server where there is one; what it answers in JSON is JSON. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { allCommands } from "../../apps/cli/commands.ts";
import { shellWords } from "../../apps/cli/shell-words.ts";
import { newHome } from "./cli.ts";

/** First what others need; then, once the server has stopped, what wants the home for itself. */
const FIRST = ["run", "export"];
const ALONE = ["gc", "reindex", "keys", "import", "tls"];
/** They stay until somebody ends them, or need what is not of this machine; tests of their own start them. */
const ELSEWHERE = ["serve", "demo", "witness", "tls", "replay-reality", "manifest", "submit"];

test("the examples run, and --json gives one document or a line for each", { timeout: 900_000 }, async () => {
  using home = newHome();
  mkdirSync(home.path, { recursive: true, mode: 0o700 });
  symlinkSync(resolve(import.meta.dirname, "../../examples"), home.file("examples"));
  symlinkSync(resolve(import.meta.dirname, "../../examples/device.json"), home.file("device.json"));
  writeFileSync(home.file("probe.txt"), "a program");
  const server = await home.serve();
  await home.arqon(["pub", "lab.sensor.read", "1", "--durability", "logged", "--count", "10"]);
  const commands = (await allCommands()).filter(({ name }) => !ELSEWHERE.includes(name));
  const rank = (name: string): number => (FIRST.includes(name) ? 0 : ALONE.includes(name) ? 2 : 1);
  let ids = { artifactId: "", jobId: "" };
  let running = true;
  for (const { name, example } of commands.sort((a, b) => rank(a.name) - rank(b.name))) {
    if (name === "annotate") await home.arqon(["annotate", ids.artifactId, "--tag", "draft"]);
    if (rank(name) === 2 && running) {
      await server.stop();
      running = false;
    }
    const words = shellWords(example.replace(/ >>? \S+$/, "")).slice(1);
    const known = words.map((word) =>
      word.replace(/^3fa9c1d2$/, ids.artifactId).replace(/^01a1fe9d-[0-9a-f-]+$/, ids.jobId),
    );
    const { code, stdout, stderr } = await home.arqon([...known, "--json"]);
    expect([example, code], stderr + stdout).toEqual([example, 0]);
    const documents = isJson(stdout) ? [stdout] : stdout.trim().split("\n");
    for (const document of documents) expect(isJson(document), `${example}: ${document}`).toBe(true);
    if (name === "run") ids = JSON.parse(stdout) as typeof ids;
  }
  if (running) await server.stop();
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
