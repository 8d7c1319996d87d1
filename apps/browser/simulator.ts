/** The thread of the page that simulates: a question in, an answer out. */
import { ArqonError, canonicalJson, parseSeed, sha256Hex, systemClock, utf8 } from "@arqon/core/base";
import { type Circuit, circuitFeatures, drawSvg, parseQasm, runCircuit } from "@arqon/substrates/quantum";
import type { Answer, Question } from "./question.ts";

/** Gates beyond which a picture helps nobody. */
const DRAWN_GATES = 120;

/** As the field of the page says. */
const MOST_SHOTS = 100_000;

const say = (answer: Answer): void => postMessage(answer);

addEventListener("message", ({ data }: MessageEvent<Question>) => {
  try {
    say(answerTo(data));
  } catch (thrown) {
    const { code, message, remedy } = ArqonError.from(thrown, "EXECUTION_FAILED");
    say({ kind: "error", code, message, remedy });
  }
});

function answerTo({ source, shots, seed: text }: Question): Answer {
  const seed = parseSeed(text.trim());
  if (seed === undefined)
    throw new ArqonError("USAGE", `seed "${text.slice(0, 40)}": expected 0 to 2^64 - 1`);
  if (!Number.isInteger(shots) || shots < 1 || shots > MOST_SHOTS)
    throw new ArqonError("USAGE", `shots: expected 1 to ${MOST_SHOTS.toLocaleString("en")}`);
  const startMs = systemClock.monotonicMs();
  const circuit = parseQasm(source, "circuit.qasm");
  const { counts, engine, reason, warnings } = runCircuit(circuit, {
    shots,
    seed,
    onProgress: (fraction) => say({ kind: "progress", fraction }),
  });
  const elapsedMs = systemClock.monotonicMs() - startMs;
  const { oneQubitGates, twoQubitGates, largerGates } = circuitFeatures(circuit);
  const gates = oneQubitGates + twoQubitGates + largerGates;
  return {
    kind: "result",
    counts: [...counts],
    qubits: circuit.qubits,
    gates,
    engine,
    reason,
    warnings,
    sha256: sha256Hex(utf8(canonicalJson(Object.fromEntries(counts)))),
    drawing: gates <= DRAWN_GATES ? drawn(circuit) : "",
    elapsedMs,
  };
}

function drawn(circuit: Circuit): string {
  try {
    return drawSvg(circuit);
  } catch {
    return "";
  }
}
