/** Who may connect: `access.json` (hashes only) for people and programs, fresh keys in memory for the server's services. */
import { join } from "node:path";
import { type AccessEntry, AccessTable, hashApiKey, type Principal } from "@arqon/bus";
import {
  ArqonError,
  canonicalJson,
  type Entropy,
  type Json,
  jsonObject,
  parseJson,
  toHex,
  utf8,
} from "@arqon/core/base";
import { readRegularFile, writePrivateFile } from "@arqon/vault";
import { SERVICES, type Service } from "./config.ts";

/** Keys to hand out after start. */
export interface Access {
  readonly table: AccessTable;
  /** API key of the local owner, kept in `client.json`. */
  readonly ownerKey: string;
  /** API key of each service, known only to this process and the service's worker. */
  readonly serviceKeys: Readonly<Record<Service, string>>;
  /** The principals of `access.json`. */
  readonly entries: readonly AccessEntry[];
}

const OWNER: Principal = {
  id: "owner",
  tenant: "local",
  trusted: false,
  capabilities: ["can_publish:>", "can_publish:sys.reality.>", "can_subscribe:>", "can_execute:>"],
};

/** What each service may do, and nothing more. */
const SERVICE_CAPABILITIES: Readonly<Record<Service, readonly string[]>> = {
  scheduler: [
    "can_subscribe:quantum.jobs",
    "can_publish:quantum.results",
    "can_publish:backend.*.jobs",
    "can_execute:backend.*.jobs",
    "can_subscribe:backend.*.results",
    "can_subscribe:sys.registry.*",
    "can_publish:sys.registry.list",
  ],
  quantum: [
    "can_subscribe:backend.*.jobs",
    "can_publish:backend.*.results",
    "can_subscribe:calibration.jobs",
    "can_publish:calibration.results",
  ],
  qml: ["can_subscribe:qml.jobs", "can_publish:qml.results"],
  replay: [
    "can_subscribe:replay.jobs",
    "can_publish:replay.results",
    "can_subscribe:validation.jobs",
    "can_publish:validation.results",
  ],
  sealer: ["can_subscribe:seal.jobs", "can_publish:seal.results"],
  artifacts: ["can_subscribe:artifact.bundle.get", "can_publish:inbox.>"],
};

/** Reads or makes `access.json` and `client.json` in `home`. */
export function openAccess(home: string, entropy: Entropy): Access {
  const newKey = (): string => toHex(entropy(32));
  const keyFile = join(home, "client.json");
  const accessFile = join(home, "access.json");
  const ownerKey = storedKey(keyFile) ?? newKey();
  const stored = storedEntries(accessFile);
  if (!stored) writePrivateFile(keyFile, utf8(`${canonicalJson({ apiKey: ownerKey })}\n`));
  const entries = stored ?? [{ principal: OWNER, keyHashes: [hashApiKey(ownerKey)] }];
  if (!stored) writePrivateFile(accessFile, utf8(`${JSON.stringify(entries.map(entryJson), null, 2)}\n`));
  const table = new AccessTable(entries);
  const serviceKeys = Object.fromEntries(SERVICES.map((service) => [service, newKey()])) as Record<
    Service,
    string
  >;
  for (const service of SERVICES)
    table.put({
      principal: {
        id: service,
        tenant: "system",
        trusted: true,
        capabilities: SERVICE_CAPABILITIES[service],
      },
      keyHashes: [hashApiKey(serviceKeys[service])],
    });
  return { table, ownerKey, serviceKeys, entries };
}

function entryJson({ principal, keyHashes }: AccessEntry): Json {
  const { id, tenant, capabilities } = principal;
  return { id, tenant, capabilities: [...capabilities], keyHashes: [...keyHashes] };
}

function storedKey(path: string): string | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  const key = jsonObject(parseJson(text, path), path)["apiKey"];
  if (typeof key !== "string" || key.length < 32)
    throw new ArqonError("JSON_INVALID", `${path}: "apiKey" must be a key of at least 32 characters`);
  return key;
}

function storedEntries(path: string): AccessEntry[] | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  const list = parseJson(text, path);
  if (!Array.isArray(list))
    throw new ArqonError("JSON_INVALID", `${path} must be a JSON array of principals`);
  return list.map((item: Json, i) => {
    const { id, tenant, capabilities, keyHashes, identities = [] } = jsonObject(item, `${path}[${i}]`);
    if (typeof id !== "string" || typeof tenant !== "string" || !isTexts(capabilities) || !isTexts(keyHashes))
      throw new ArqonError("JSON_INVALID", `${path}[${i}] needs id, tenant, capabilities and keyHashes`);
    if (!isTexts(identities))
      throw new ArqonError("JSON_INVALID", `${path}[${i}]: identities must be URIs of client certificates`);
    if ((SERVICES as readonly string[]).includes(id) || id === "arqon")
      throw new ArqonError("JSON_INVALID", `${path}[${i}]: "${id}" is the name of a service of the server`);
    // Trust is for the server's own services: a file cannot grant it.
    return { principal: { id, tenant, trusted: false, capabilities }, keyHashes, identities };
  });
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function readIfThere(path: string): string | undefined {
  const bytes = readRegularFile(path, { limitBytes: 1 << 20, secret: true });
  return bytes && new TextDecoder().decode(bytes);
}
