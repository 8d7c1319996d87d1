/** Runs the world over seeds until something is wrong, and says where. Usage: node --import ./mutant-hook.ts mutant-run.ts FIRST SEEDS */
import { live } from "./spine-world.ts";

const [first = 1, seeds = 300] = process.argv.slice(2).map(Number);
/** A bug may stop the world for good. */
const HANG_MS = 30_000;

async function judged(seed: number): Promise<readonly string[]> {
  try {
    return await live(seed);
  } catch (thrown) {
    return [`the world broke: ${thrown instanceof Error ? thrown.message : String(thrown)}`];
  }
}

function say(result: unknown): never {
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exit(0);
}

for (let seed = first; seed < first + seeds; seed++) {
  const broke = (error: Error): never =>
    say({ seed, seeds: seed - first + 1, wrong: `the world broke: ${error.message}` });
  process.removeAllListeners("uncaughtException").once("uncaughtException", broke);
  process.removeAllListeners("unhandledRejection").once("unhandledRejection", broke);
  const hang = setTimeout(
    () => say({ seed, seeds: seed - first + 1, wrong: "the world stands still" }),
    HANG_MS,
  );
  const [wrong] = await judged(seed);
  clearTimeout(hang);
  if (wrong !== undefined) say({ seed, seeds: seed - first + 1, wrong });
}
say({ seeds });
