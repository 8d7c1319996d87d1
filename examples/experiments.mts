// Gradients, validations, calibrations and classifiers from TypeScript. Start `npx arqon serve` first, then
// `node examples/experiments.mts`. examples/experiments.py is the same in Python.
import { readFile } from "node:fs/promises";
import { connect } from "@arqon/sdk";

const example = (name: string): Promise<string> => readFile(new URL(name, import.meta.url), "utf8");
await using client = await connect();

// A run, and what has to hold of it. The judgement is an artifact too, and can be replayed.
const bell = await client.runCircuit(await example("bell.qasm"), { shots: 2000, seed: 1 });
const validation = await client.validate(bell.artifactId, [
  { name: "entangled", kind: "expectation", observable: "ZZ", min: 0.9 },
]);
for (const { name, finding, detail } of validation.constraints) console.log(`${name}: ${finding}, ${detail}`);
const judgedAgain = await client.replay(validation.artifactId);
console.log(`the validation replayed: ${judgedAgain.verdict}`);

// Gradient descent on the energy of two qubits. Every step is sealed.
const ansatz = await example("ansatz.qasm");
const [observable, rate] = ["ZZ - 0.5*XX", 0.4];
let point = { theta: 0.4, phi: 1.3 };
for (let step = 0; step < 5; step++) {
  const { expectation, gradient } = await client.gradient(ansatz, { observable, parameters: point });
  console.log(`step ${step}: energy ${expectation.value.toFixed(4)}`);
  const moved = gradient.map(({ parameter, at, value }) => [parameter, at - rate * value] as const);
  point = Object.fromEntries(moved) as typeof point;
}

// A simulated device: told what it is, it runs under that calibration, and its runs cite it.
const device = await client.calibration(JSON.parse(await example("device.json")));
const noisy = await client.runCircuit(await example("bell.qasm"), { backend: device.backend, seed: 1 });
console.log(`${noisy.shots} shots on ${device.device}, calibration ${device.artifactId.slice(0, 19)}`);

// Classes from samples, beside a classical control.
const features = Array.from({ length: 24 }, (_, k) => [(k % 2) * 3 + (k % 5) / 5, (k % 7) / 7]);
const labels = features.map((_, k) => (k % 2 === 0 ? "low" : "high"));
const learned = await client.classify(
  {
    features: features.slice(0, 16),
    labels: labels.slice(0, 16),
    unseen: features.slice(16),
    truth: labels.slice(16),
  },
  { qubits: 2, seed: 1 },
);
console.log(`right: ${learned.right} of ${learned.unseen}, the control ${learned.control.right}`);
