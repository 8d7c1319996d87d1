/** Who may connect: `access.json` (hashes only) for people and programs, fresh keys in memory for the server's services. */
import { readFile } from "node:fs/promises";
import { type AccessTable, createAccessTable, type Principal } from "@arqon/bus/shield";
import { ArqonError, type Entropy, jsonObject, parseJson, sha256Hex, toHex, utf8 } from "@arqon/core/base";
import { writePrivateFile } from "@arqon/vault";
import { SERVICES, type Service } from "./config.ts";

/** Keys to hand out after start. */
export interface Access {
  readonly table: AccessTable;
  /** API key of the local owner, kept in `client.json`. */
  readonly ownerKey: string;
  /** API key of each service, known only to this process and the service's worker. */
  readonly serviceKeys: Readonly<Record<Service, string>>;
}

const OWNER: Principal = {
  id: "owner",
  tenant: "local",
  trusted: false,
  capabilities: ["can_publish:>", "can_subscribe:>", "can_execute:>"],
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
  quantum: ["can_subscribe:backend.*.jobs", "can_publish:backend.*.results"],
  replay: ["can_subscribe:replay.jobs", "can_publish:replay.results"],
  sealer: ["can_subscribe:seal.jobs", "can_publish:seal.results"],
  artifacts: ["can_subscribe:artifact.bundle.get", "can_publish:inbox.>"],
};

/** Reads or makes `access.json` and `client.json` in `home`. */
export async function openAccess(home: string, entropy: Entropy): Promise<Access> {
  const newKey = (): string => toHex(entropy(32));
  const table = createAccessTable();
  const ownerKey = (await storedKey(`${home}/client.json`)) ?? newKey();
  const stored = await storedPrincipals(`${home}/access.json`);
  const hash = hashKey(ownerKey);
  const principals = stored ?? [{ principal: OWNER, keySha256: hash }];
  for (const entry of principals) table.set(entry.keySha256, entry.principal);
  if (!stored) {
    await writePrivateFile(`${home}/client.json`, utf8(`${JSON.stringify({ apiKey: ownerKey }, null, 2)}\n`));
    await writePrivateFile(`${home}/access.json`, utf8(`${JSON.stringify(principals, null, 2)}\n`));
  }
  const serviceKeys = Object.fromEntries(SERVICES.map((service) => [service, newKey()])) as Record<Service, string>;
  for (const service of SERVICES)
    table.set(hashKey(serviceKeys[service]), {
      id: service,
      tenant: "system",
      trusted: true,
      capabilities: [...SERVICE_CAPABILITIES[service]],
    });
  return { table, ownerKey, serviceKeys };
}

function hashKey(key: string): string {
  return sha256Hex(utf8(key));
}

async function storedKey(path: string): Promise<string | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const key = jsonObject(parseJson(text, path), path)["apiKey"];
  if (typeof key !== "string" || key.length < 32) throw new ArqonError("JSON_INVALID", `${path}: "apiKey" must be a key of at least 32 characters`);
  return key;
}

async function storedPrincipals(path: string): Promise<{ principal: Principal; keySha256: string }[] | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const list = parseJson(text, path);
  if (!Array.isArray(list)) throw new ArqonError("JSON_INVALID", `${path} must be a JSON array of {principal, keySha256}`);
  return list.map((item, i) => {
    const where = `${path}[${i}]`;
    const { principal, keySha256 } = jsonObject(item, where);
    const { id, tenant, capabilities } = jsonObject(principal, `${where}.principal`);
    const texts = Array.isArray(capabilities) && capabilities.every((c) => typeof c === "string");
    if (typeof keySha256 !== "string" || typeof id !== "string" || typeof tenant !== "string" || !texts)
      throw new ArqonError("JSON_INVALID", `${where} needs keySha256, principal.id, .tenant and .capabilities`);
    // Trust is for the server's own services: a file cannot grant it.
    return { keySha256, principal: { id, tenant, trusted: false, capabilities: capabilities as string[] } };
  });
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new ArqonError("FILE_UNREADABLE", `${path}: ${(cause as Error).message}`, { cause });
  }
}
