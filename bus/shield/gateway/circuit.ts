/** The short form of a quantum job: an object with the circuit's text and a few settings. */
import {
  type Entropy,
  formatSeed,
  type Json,
  jsonObject,
  parseSeed,
  qasmMediaType,
  utf8,
} from "@arqon/core/base";
import { create, type SubmitJobRequest, SubmitJobRequestSchema } from "@arqon/core/wire";
import { misuse } from "./status.ts";

const FIELDS = ["qasm", "shots", "seed", "backend", "name", "id"] as const;

/** Reads `{"qasm", "shots", "seed", "backend", "name", "id"}`. @throws ArqonError `USAGE`, `JSON_INVALID` */
export function circuitJob(body: Json, entropy: Entropy): SubmitJobRequest {
  const object = jsonObject(body, "the body");
  const unknown = Object.keys(object).find((name) => !(FIELDS as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw misuse(`unknown field "${unknown.slice(0, 40)}"; known: ${FIELDS.join(", ")}`);
  const { shots = 1024, seed } = object;
  const text = (name: (typeof FIELDS)[number]): string | undefined => {
    const value = object[name];
    if (value === undefined || typeof value === "string") return value;
    throw misuse(`"${name}" must be a text`);
  };
  const qasm = text("qasm");
  const backend = text("backend");
  if (qasm === undefined) throw misuse('the body needs "qasm", the text of an OpenQASM circuit');
  if (typeof shots !== "number" || !Number.isSafeInteger(shots) || shots < 1)
    throw misuse('"shots" must be a whole number, 1 or more');
  return create(SubmitJobRequestSchema, {
    jobId: text("id") ?? "",
    topic: "quantum.jobs",
    capsule: {
      schema: "arqonbus.quantum.job.v1",
      program: utf8(qasm),
      programMediaType: qasmMediaType(qasm),
      name: text("name") ?? "circuit.qasm",
      parametersJson: JSON.stringify({ seed: seedText(seed, entropy), shots }),
      constraintsJson: JSON.stringify(backend === undefined ? {} : { backend }),
    },
  });
}

function seedText(seed: Json | undefined, entropy: Entropy): string {
  if (seed === undefined) return formatSeed(new DataView(entropy(8).buffer).getBigUint64(0));
  const isExact = typeof seed === "string" || (typeof seed === "number" && Number.isSafeInteger(seed));
  const value = isExact ? parseSeed(String(seed)) : undefined;
  if (value === undefined)
    throw misuse('"seed" must be decimal or 0x digits below 2^64; above 2^53 as a text');
  return formatSeed(value);
}
