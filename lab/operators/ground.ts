/** What every service of the lab stands on, and how it takes jobs. */
import { type ArqonError, systemClock, systemEntropy } from "@arqon/core/base";
import type { Backend } from "@arqon/core/wire";
import { type ConnectOptions, operator, SDK_VERSION } from "@arqon/sdk";
import type { Vault } from "@arqon/vault";
import { asOperator, type Handler, traced } from "../runtime/index.ts";
import { spanFile } from "./span-file.ts";
import { type KnownPrincipals, LAB_WORKERS, type LabWorkerKind, type WorkerConfig } from "./worker-config.ts";

/** What a service is built from. */
export interface Ground {
  readonly kind: LabWorkerKind;
  readonly config: WorkerConfig;
  readonly vault: Vault;
  readonly connection: ConnectOptions;
  readonly onError: (error: ArqonError) => void;
}

/** How to end a service. */
export type Stop = (graceMs: number) => Promise<void>;

/** Of what is sealed, unless the configuration says otherwise. */
export const CRYPTO_MODE = "hybrid";

/** What a service says of itself, besides its name and version. */
interface ServiceSam {
  readonly operatorType: string;
  readonly inputSchemas: string[];
  readonly backends?: Backend[];
}

/** A handler on a job topic. */
export async function serve(
  { kind, config, connection, onError }: Ground,
  topic: string,
  handler: Handler,
  options: { readonly maxInFlight: number; readonly sam: ServiceSam },
): Promise<Stop> {
  const sam = { ...options.sam, version: SDK_VERSION, operatorId: connection.client ?? "" };
  const { maxInFlight } = options;
  const { otlpFile } = config;
  const sink = otlpFile === undefined ? undefined : spanFile(otlpFile, `arqon-${kind}`, onError);
  const handle = asOperator(
    sink ? traced(handler, { clock: systemClock, entropy: systemEntropy, sink }) : handler,
  );
  const running = await operator({ ...connection, topic, maxInFlight, sam, handle });
  return (graceMs) => running.drain({ graceMs });
}

/** Whose tenant somebody is. A service of the server works for others: whose, it says with the job. */
export function tenantOf(principals: KnownPrincipals, id: string, saidByService = ""): string {
  if ((LAB_WORKERS as readonly string[]).includes(id)) return saidByService || "unknown";
  return (Object.hasOwn(principals, id) ? principals[id]?.tenant : undefined) ?? "unknown";
}

/** How results name the software that made them. */
export function sdkVersion(): string {
  return `arqon/${SDK_VERSION} (typescript)`;
}
