/** Three stateful operators that use chance, time, timers, the world and each other. */
import type { DeterministicOperator } from "@arqon/lab/replay";

/** A walk on a line: each step adds the measured value and noise; every hundredth asks the world. */
const walker: DeterministicOperator = {
  id: "walker",
  inputs: ["lab.sensor.read", "lab.config.set"],
  timers: true,
  start: () => {
    let at = 0;
    let steps = 0;
    let gain = 1;
    let wakes = 0;
    return async (input, context) => {
      if (input.topic === "lab.config.set") {
        ({ gain } = input.json() as { gain: number });
        return;
      }
      if (input.topic.startsWith("timer.")) {
        wakes++;
        return;
      }
      steps++;
      at += gain * (input.json() as { value: number }).value + context.random() - 0.5;
      if (steps % 100 === 0) {
        // Not the same twice: only the journal can give it again.
        const answer = await context.external("entropy", () => Number(process.hrtime.bigint() % 1000n) / 1e6);
        at += answer as number;
      }
      if (steps % 1_000 === 0) context.wake("tick", 1);
      const local = new Date(context.now() / 1000).toISOString();
      context.publish("lab.walk.step", { at, steps, wakes, time: local, dice: context.randomInt(6) });
    };
  },
};

/** Keeps a running digest of the walk; the order in which it hears things is part of what it gives. */
const mixer: DeterministicOperator = {
  id: "mixer",
  inputs: ["lab.walk.step", "lab.sensor.read"],
  start: () => {
    let state = 1;
    let heard = 0;
    return (input, context) => {
      const text = input.topic === "lab.walk.step" ? JSON.stringify(input.json()) : input.id;
      for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193) >>> 0;
      if (++heard % 10 !== 0) return;
      context.publish("lab.mix.state", { state, heard, draw: context.random(), us: context.now() });
    };
  },
};

/** The logistic map: two runs with a tiny difference part as exp(n ln 2). */
const chaos: DeterministicOperator = {
  id: "chaos",
  inputs: ["lab.config.start", "lab.sensor.read"],
  start: () => {
    let x = 0.3;
    return (input, context) => {
      if (input.topic === "lab.config.start") ({ x } = input.json() as { x: number });
      else {
        x = 4 * x * (1 - x);
        context.publish("lab.chaos.state", { x });
      }
    };
  },
};

const operators: readonly DeterministicOperator[] = [walker, mixer, chaos];
export default operators;
