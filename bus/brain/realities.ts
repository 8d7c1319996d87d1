/** Realities made and listed on request: "sys.reality.create", "sys.reality.get" and "sys.reality.list". */
import { ArqonError, type Json, jsonObject } from "@arqon/core/base";
import { type ArqonMessage, payloadOf, requireReality, toJson, ValueSchema } from "@arqon/core/wire";
import { DEFAULT_REALITY, type RealityEntry, readLaws, type Spine } from "../spine/index.ts";
import type { Answer } from "./service.ts";

/** Topics of requests about Realities; who may use them is checked where messages come in. */
const REALITY_TOPICS = {
  create: "sys.reality.create",
  get: "sys.reality.get",
  list: "sys.reality.list",
} as const;

/**
 * The answers, in JSON: `{isOpen, name, laws, madeBy, madeUnixUs}` (open: somebody has joined it since the server started), or `{realities: [...]}` with one of these for each. A
 * request names the Reality as `{"name": "..."}`, and to make one, `{"name": "...", "laws": {...}}`.
 */
export function realityAnswers(spine: Spine): Map<string, Answer> {
  const { laws } = spine;
  const wire = ({ name, laws, madeBy, madeUnixUs }: RealityEntry): Json => ({
    isOpen: spine.realities().some((reality) => reality.name === name),
    laws: laws as unknown as Json,
    madeBy,
    madeUnixUs,
    name,
  });
  const get = async (name: string): Promise<RealityEntry> => {
    const entry = await laws.get(name);
    if (entry) return entry;
    const open = spine.realities().find((reality) => reality.name === name);
    if (open === undefined && name !== DEFAULT_REALITY)
      throw new ArqonError("REALITY_UNKNOWN", `there is no Reality "${name}"`);
    return { name, laws: open?.laws ?? readLaws({}), madeBy: "", madeUnixUs: 0 };
  };
  return new Map<string, Answer>([
    [
      REALITY_TOPICS.create,
      async (request) => {
        const { name, laws: declared = {} } = requestOf(request);
        if (spine.realities().some((reality) => reality.name === name) && !(await laws.get(name)))
          throw new ArqonError("REALITY_CONFLICT", `Reality "${name}" is the server's own`);
        return wire(await laws.declare(name, request.producerId, readLaws(declared)));
      },
    ],
    [REALITY_TOPICS.get, async (request) => wire(await get(requestOf(request).name))],
    [
      REALITY_TOPICS.list,
      async () => {
        const names = new Set([
          DEFAULT_REALITY,
          ...(await laws.names()),
          ...spine.realities().map(({ name }) => name),
        ]);
        return { realities: (await Promise.all([...names].sort().map(get))).map(wire) };
      },
    ],
  ]);
}

function requestOf(message: ArqonMessage): { readonly name: string; readonly laws?: Json } {
  const request = jsonObject(toJson(ValueSchema, payloadOf(message, ValueSchema)) as Json, "the request");
  const { name, laws } = request;
  if (typeof name !== "string") throw new ArqonError("JSON_INVALID", "the request has no name");
  requireReality(name);
  if (name === DEFAULT_REALITY && laws !== undefined)
    throw new ArqonError("REALITY_CONFLICT", `Reality "${name}" has the laws it always has`);
  return laws === undefined ? { name } : { name, laws };
}
