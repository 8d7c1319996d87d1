/**
 * A deterministic operator: a drifting sensor, corrected by what is measured.
 * `node examples/drift.ts 4` runs it on four messages; `arqon replay-reality examples/drift.ts` replays what it did.
 */
import { type DeterministicOperator, runLive } from "@arqon/lab/replay";
import { connect } from "@arqon/sdk";

const drift: DeterministicOperator = {
  id: "drift",
  inputs: ["lab.sensor.read", "lab.sensor.gain"],
  start: () => {
    let offset = 0;
    let gain = 0.5;
    return (input, context) => {
      if (input.topic === "lab.sensor.gain") {
        gain = (input.json() as { gain: number }).gain;
        return;
      }
      const { celsius } = input.json() as { celsius: number };
      offset += gain * (celsius - 20 - offset) + (context.random() - 0.5) / 100;
      context.publish("lab.sensor.drift", { offset, at_us: context.now() });
    };
  },
};
export default drift;

if (import.meta.main) {
  await using client = await connect();
  const run = await runLive(client, drift, { maxInputs: Number(process.argv[2] ?? 4) });
  console.log("listening");
  const { inputs, outputs, chain } = await run.done;
  console.log(`${inputs} messages handled, ${outputs} outputs, chain ${chain}`);
}
