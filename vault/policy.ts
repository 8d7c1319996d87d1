/** `policy.json`: which suites sign for which tenant, what a tenant may do with keys, and whether objects are encrypted. */
import { isAbsolute, join } from "node:path";
import { ArqonError, fromUtf8, type JsonObject, jsonObject, parseJson, utf8 } from "@arqon/core/base";
import { type CryptoMode, isCryptoMode } from "@arqon/core/proof";
import { AT_REST_LABEL } from "./at-rest.ts";
import { createFile, makePrivateDirectory, readRegularFile, writePrivateFile } from "./files/index.ts";
import { type KmsOperation, readKeystoreKeys } from "./keys/index.ts";
import type { KeyPlace } from "./open-keys.ts";

const SCHEMA = "urn:arqon:policy:v1";
const LIMIT_BYTES = 1 << 20;
const OPERATIONS: readonly string[] = ["sign", "wrap", "unwrap", "decapsulate"] satisfies KmsOperation[];

/** What holds in one ARQON_HOME. */
export interface VaultPolicy {
  /** The mode of tenants that are not named, and of what is imported. */
  readonly defaultMode: CryptoMode;
  /** The mode a tenant's runs are sealed in. */
  modeOf(tenant: string): CryptoMode;
  /** Whether a tenant may do this with the vault's keys; everything is allowed to tenants the policy does not name. */
  allows(tenant: string, operation: KmsOperation): boolean;
  readonly keyStore: KeyPlace;
  /** Keys that would not be in a token are not made. */
  readonly residentOnly: boolean;
  /** The validation certificate of the token's module, as whoever wrote the policy states it. */
  readonly certificate: string | undefined;
  /** Nothing is written without certified cryptography. */
  readonly fipsRequired: boolean;
  /** Providers that count, each with its certificate as whoever wrote the policy states it. Empty: any counts. */
  readonly fipsModules: readonly FipsModule[];
  /** Nothing that says what was done is written in plain text: objects, logs, the governance ledger's entries, the index. */
  readonly encryptAtRest: boolean;
  /** Whether keys must come from quantum key distribution. Nothing here supplies them, so a vault that requires it does not open. */
  readonly qkd: QkdUse;
}

/** A validated module: a provider's own name and version, and the certificate that stands for them. */
export interface FipsModule {
  readonly name: string;
  readonly version: string;
  readonly certificate: string;
}

/** What a policy says about quantum key distribution. */
export type QkdUse = "excluded" | "required";

function fields(value: unknown, what: string, known: readonly string[]): JsonObject {
  const object = jsonObject(value as JsonObject, what);
  for (const name of Object.keys(object))
    if (!known.includes(name))
      throw new ArqonError(
        "JSON_INVALID",
        `${what} has the field "${name.slice(0, 40)}", which is not known`,
      );
  return object;
}

function modeIn(value: unknown, what: string): CryptoMode {
  if (typeof value === "string" && isCryptoMode(value)) return value;
  throw new ArqonError("JSON_INVALID", `${what} must be classical, hybrid or pqc-required`);
}

function operationsIn(value: unknown, what: string): readonly string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === "string" && OPERATIONS.includes(one)))
    return value.map(String);
  throw new ArqonError("JSON_INVALID", `${what} must be a list of ${OPERATIONS.join(", ")}`);
}

function flagIn(value: unknown, what: string): boolean {
  if (value === undefined || typeof value === "boolean") return value ?? false;
  throw new ArqonError("JSON_INVALID", `${what} must be true or false`);
}

function qkdIn(value: unknown, what: string): QkdUse {
  if (value === undefined || value === "excluded" || value === "required") return value ?? "excluded";
  throw new ArqonError("JSON_INVALID", `${what} must be excluded or required`);
}

function lineIn(value: unknown, what: string, example: string): string {
  if (typeof value === "string" && /^[\x20-\x7e]{1,200}$/.test(value)) return value;
  throw new ArqonError("JSON_INVALID", `${what} must be a line of text, e.g. "${example}"`);
}

const certificateIn = (value: unknown, what: string): string =>
  lineIn(value, what, "FIPS 140-3 certificate 4718");

function modulesIn(value: unknown, what: string): readonly FipsModule[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length === 0)
    throw new ArqonError("JSON_INVALID", `${what} must be a list of at least one module`);
  return value.map((one) => {
    const module = fields(one, what, ["name", "version", "certificate"]);
    return {
      name: lineIn(module["name"], `${what} name`, "OpenSSL FIPS Provider"),
      version: lineIn(module["version"], `${what} version`, "3.1.2"),
      certificate: certificateIn(module["certificate"], `${what} certificate`),
    };
  });
}

function fipsIn(value: unknown, what: string): boolean {
  if (value === undefined || value === "required") return value === "required";
  throw new ArqonError("JSON_INVALID", `${what} must be "required", or left out`);
}

/** "store" is "file", "isolated" or "token"; a token is named by its library's path and its label. */
function placeIn(keys: JsonObject, what: string): KeyPlace {
  const { store = "file" } = keys;
  if (store !== "token" && keys["token"] !== undefined)
    throw new ArqonError("JSON_INVALID", `${what} name a token, but store is not "token"`);
  if (store === "file" || store === "isolated") return store;
  if (store !== "token")
    throw new ArqonError("JSON_INVALID", `${what} store must be file, isolated or token`);
  const token = fields(keys["token"], `${what} token`, ["module", "label", "parameters"]);
  const { module, label, parameters } = token;
  if (typeof module !== "string" || !isAbsolute(module) || typeof label !== "string" || label === "")
    throw new ArqonError("JSON_INVALID", `${what} token must have an absolute module path and a label`);
  if (parameters !== undefined && typeof parameters !== "string")
    throw new ArqonError("JSON_INVALID", `${what} token parameters must be a text`);
  return { module, label, ...(parameters !== undefined && { parameters }) };
}

/**
 * Reads a policy. What it leaves out is as strict as without it: hybrid.
 * @throws ArqonError `JSON_INVALID` for anything it does not know: a misspelt rule must not be a rule that is missing.
 */
export function parsePolicy(text: string, what: string): VaultPolicy {
  const root = fields(parseJson(text, what), what, [
    "schema",
    "crypto",
    "keys",
    "encryptAtRest",
    "qkd",
    "fips",
    "fipsModules",
  ]);
  if (root["schema"] !== SCHEMA) throw new ArqonError("JSON_INVALID", `${what}: its schema is not ${SCHEMA}`);
  const { crypto: stated = {}, keys: places = {} } = root;
  const crypto = fields(stated, `${what} crypto`, ["default", "tenants"]);
  const { default: mode = "hybrid", tenants: modesOf = {} } = crypto;
  const usual = modeIn(mode, `${what} crypto default`);
  const modes = new Map(
    Object.entries(jsonObject(modesOf, `${what} crypto tenants`)).map(([tenant, mode]) => [
      tenant,
      modeIn(mode, `${what} crypto mode of "${tenant}"`),
    ]),
  );
  const keys = fields(places, `${what} keys`, ["store", "token", "residentOnly", "tenants", "certificate"]);
  const keyStore = placeIn(keys, `${what} keys`);
  const residentOnly = flagIn(keys["residentOnly"], `${what} keys residentOnly`);
  const { tenants: leaves = {} } = keys;
  const allowed = new Map(
    Object.entries(jsonObject(leaves, `${what} keys tenants`)).map(([tenant, list]) => [
      tenant,
      operationsIn(list, `${what} keys of "${tenant}"`),
    ]),
  );
  return {
    defaultMode: usual,
    modeOf: (tenant) => modes.get(tenant) ?? usual,
    allows: (tenant, operation) => allowed.get(tenant)?.includes(operation) ?? true,
    keyStore,
    residentOnly,
    certificate:
      keys["certificate"] === undefined
        ? undefined
        : certificateIn(keys["certificate"], `${what} keys certificate`),
    fipsRequired: fipsIn(root["fips"], `${what} fips`),
    fipsModules: modulesIn(root["fipsModules"], `${what} fipsModules`),
    encryptAtRest: flagIn(root["encryptAtRest"], `${what} encryptAtRest`),
    qkd: qkdIn(root["qkd"], `${what} qkd`),
  };
}

/**
 * The policy of `home`; hybrid for everyone and nothing encrypted when it has none.
 * @throws ArqonError as {@link parsePolicy}, and `HOME_UNUSABLE` when `home` encrypts and the policy says no longer so.
 */
export function readPolicy(home: string): VaultPolicy {
  const path = join(home, "policy.json");
  const bytes = readRegularFile(path, { limitBytes: LIMIT_BYTES });
  const policy = parsePolicy(bytes ? fromUtf8(bytes) : JSON.stringify({ schema: SCHEMA }), path);
  if (!policy.encryptAtRest && readKeystoreKeys(home).some(({ label }) => label === AT_REST_LABEL))
    throw new ArqonError(
      "HOME_UNUSABLE",
      `${home} is encrypted, but ${bytes ? 'policy.json does not say "encryptAtRest": true' : "policy.json is missing"}`,
      { remedy: 'Put "encryptAtRest": true back into policy.json: what was encrypted stays so.' },
    );
  return policy;
}

/** @throws ArqonError `QKD_UNAVAILABLE` where the policy wants keys that nothing here can get: better no key than another one. */
export function requireSuppliedKeys({ qkd }: VaultPolicy): void {
  if (qkd === "required")
    throw new ArqonError(
      "QKD_UNAVAILABLE",
      `policy.json says "qkd": "required", and no supplier is built in`,
    );
}

/** Writes a first policy that asks for encryption, unless there is one. */
export function createEncryptingPolicy(home: string): void {
  createFile(join(home, "policy.json"), format({ schema: SCHEMA, encryptAtRest: true }));
}

function format(policy: JsonObject): Uint8Array {
  return utf8(`${JSON.stringify(policy, null, 2)}\n`);
}

/** Changes a field of `policy.json`, or makes one. The whole must be sound afterwards. */
export function writePolicy(home: string, change: JsonObject): void {
  makePrivateDirectory(home);
  const path = join(home, "policy.json");
  const bytes = readRegularFile(path, { limitBytes: LIMIT_BYTES });
  const policy = {
    schema: SCHEMA,
    ...(bytes && jsonObject(parseJson(fromUtf8(bytes), path), path)),
    ...change,
  };
  const text = format(policy);
  parsePolicy(fromUtf8(text), path);
  writePrivateFile(path, text);
}
