/** What a plugin's manifest looks like at the handshake. */

import type { Backend } from "@arqon/core/wire";
import { BackendSchema, create } from "@arqon/core/wire";
import type { PluginManifest } from "../runtime/index.ts";
import {
  GRADIENT_JOB_SCHEMA,
  GRADIENT_KIND,
  QUANTUM_JOB_SCHEMA,
  QUANTUM_RUN_KIND,
} from "../scheduler/index.ts";

/** Schemas of jobs by the kind of operation that serves them. */
const SCHEMA_OF_KIND: Readonly<Record<string, string>> = {
  [QUANTUM_RUN_KIND]: QUANTUM_JOB_SCHEMA,
  [GRADIENT_KIND]: GRADIENT_JOB_SCHEMA,
};

/** A backend as its operator describes it; healthy as long as the operator is connected. */
export function backendOf(manifest: PluginManifest): Backend {
  return create(BackendSchema, {
    id: manifest.id,
    backendClass: manifest.backendClass,
    maxQubits: manifest.maxQubits,
    inputSchemas: manifest.kinds.map((kind) => SCHEMA_OF_KIND[kind] ?? kind),
    costPerShot: manifest.costPerShot,
    expectedFidelity: manifest.expectedFidelity,
    healthy: true,
  });
}
