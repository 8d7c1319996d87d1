/** Who may connect: `access.json` (hashes only) for people and programs, fresh keys in memory for the server's services. */
import { join } from "node:path";
import { type AccessEntry, AccessTable, hashApiKey, type Principal } from "@arqon/bus";
import {
  ArqonError,
  canonicalJson,
  type Entropy,
  jsonObject,
  parseJson,
  toHex,
  utf8,
} from "@arqon/core/base";
import { writePrivateFile } from "@arqon/vault";
import { entryJson, readAccessFile, readIfThere } from "./access-file.ts";
import { SERVICES, type Service } from "./config.ts";

/** Keys to hand out after start. */
export interface Access {
  readonly table: AccessTable;
  /** API key of the local owner, kept in `client.json`. */
  readonly ownerKey: string;
  /** API key of each service, known only to this process and the service's worker. */
  readonly serviceKeys: Readonly<Record<Service, string>>;
  /** Path of `access.json`. */
  readonly file: string;
  /** The principals of `access.json`, as it was read last. */
  readonly entries: readonly AccessEntry[];
  /**
   * Reads `access.json` again. Returns whether it says something else than before, which then holds at once.
   * @throws ArqonError when it cannot be used; what it said before holds.
   */
  reload(): boolean;
  /**
   * A key of the one principal that client certificates with these URIs speak for; it never leaves this process.
   * @throws ArqonError `AUTH_REQUIRED` when there is none.
   */
  keyFor(identities: readonly string[]): string;
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
    "can_subscribe:quantum.circuit.estimate",
    "can_publish:inbox.>",
  ],
  qml: ["can_subscribe:qml.jobs", "can_publish:qml.results"],
  replay: [
    "can_subscribe:replay.jobs",
    "can_publish:replay.results",
    "can_subscribe:validation.jobs",
    "can_publish:validation.results",
    // What a foreign operator reported is asked of it again, for those who may execute there.
    ...["*.jobs", "*.*.jobs", "*.*.*.jobs"].flatMap((filter) => [
      `can_publish:${filter}`,
      `can_execute:${filter}`,
    ]),
  ],
  sealer: ["can_subscribe:seal.jobs", "can_publish:seal.results", "can_publish:sys.reality.list"],
  artifacts: [
    "can_subscribe:artifact.*.get",
    "can_subscribe:ledger.runs.get",
    "can_subscribe:ledger.governance.get",
    "can_publish:inbox.>",
  ],
};

/** Reads or makes `access.json` and `client.json` in `home`. */
export function openAccess(home: string, entropy: Entropy): Access {
  const newKey = (): string => toHex(entropy(32));
  const keyFile = join(home, "client.json");
  const accessFile = join(home, "access.json");
  const ownerKey = storedKey(keyFile) ?? newKey();
  const stored = readAccessFile(accessFile);
  if (!stored) writePrivateFile(keyFile, utf8(`${canonicalJson({ apiKey: ownerKey })}\n`));
  let entries = stored ?? [{ principal: OWNER, keyHashes: [hashApiKey(ownerKey)] }];
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
  /** Keys of principals whose certificates were seen, by id. */
  const passes = new Map<string, string>();
  const withPass = (entry: AccessEntry): AccessEntry => {
    const pass = passes.get(entry.principal.id);
    return pass === undefined ? entry : { ...entry, keyHashes: [...entry.keyHashes, hashApiKey(pass)] };
  };
  const reload = (): boolean => {
    const read = readAccessFile(accessFile);
    if (!read) throw new ArqonError("FILE_UNREADABLE", `${accessFile} is gone`);
    const before = new Map(entries.map((entry) => [entry.principal.id, entry]));
    // What did not change keeps its object, by which connections know that nothing was taken from them.
    const next = read.map((entry) => {
      const known = before.get(entry.principal.id);
      return known && canonicalJson(entryJson(known)) === canonicalJson(entryJson(entry)) ? known : entry;
    });
    if (next.length === entries.length && next.every((entry, i) => entry === entries[i])) return false;
    for (const { principal, identities = [] } of next)
      if (identities.length === 0) passes.delete(principal.id);
    table.replace([...before.keys()], next.map(withPass));
    entries = next;
    return true;
  };
  const keyFor = (identities: readonly string[]): string => {
    const id = table.identified(identities)?.id;
    const entry = entries.find(({ principal }) => principal.id === id);
    if (!entry)
      throw new ArqonError("AUTH_REQUIRED", "no principal lists the URI of this client certificate");
    const { principal } = entry;
    let pass = passes.get(principal.id);
    if (pass === undefined) {
      pass = newKey();
      passes.set(principal.id, pass);
      table.put(withPass(entry));
    }
    return pass;
  };
  return {
    table,
    ownerKey,
    serviceKeys,
    file: accessFile,
    get entries() {
      return entries;
    },
    reload,
    keyFor,
  };
}

function storedKey(path: string): string | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  const key = jsonObject(parseJson(text, path), path)["apiKey"];
  if (typeof key !== "string" || key.length < 32)
    throw new ArqonError("JSON_INVALID", `${path}: "apiKey" must be a key of at least 32 characters`);
  return key;
}
