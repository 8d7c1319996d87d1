/** A service in every Reality that somebody has joined: what runs there is served as in the default one. */
import { ArqonError, type Json, type JsonObject, jsonObject, type Timer } from "@arqon/core/base";
import type { Client } from "@arqon/sdk";
import type { Stop } from "./ground.ts";

/** What it stands on. */
export interface OpenRealities {
  readonly client: Pick<Client, "request">;
  readonly timer: Timer;
  readonly onError: (error: ArqonError) => void;
  /** Starts the service in one. */
  serve(reality: string): Promise<Stop>;
}

const EVERY_MS = 1_000;
/** Realities of a replay, in which nothing is kept but the log. */
const REPLAY = /^replay\./;

/** Serves the Realities that are open now, and looks for more. Returns how to end it. */
export function inOpenRealities(parts: OpenRealities, known: string): Stop {
  const stops = new Map<string, Stop>([[known, async () => {}]]);
  let isOver = false;
  let wake: (() => void) | undefined;
  const look = async (): Promise<void> => {
    for (const name of await openNames(parts.client)) {
      if (isOver || stops.has(name) || REPLAY.test(name)) continue;
      stops.set(name, await parts.serve(name));
    }
  };
  const looking = async (): Promise<void> => {
    while (!isOver) {
      await look().catch((thrown) => isOver || parts.onError(ArqonError.from(thrown)));
      if (isOver) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = parts.timer.after(EVERY_MS, resolve);
      wake = () => {
        cancel();
        resolve();
      };
      await promise;
    }
  };
  const ended = looking();
  return async (graceMs) => {
    isOver = true;
    wake?.();
    await ended;
    await Promise.all([...stops.values()].map((stop) => stop(graceMs)));
  };
}

async function openNames(client: Pick<Client, "request">): Promise<string[]> {
  const answer = await client.request("sys.reality.list", {});
  const { realities } = jsonObject(answer.json(), "sys.reality.list");
  const entries = Array.isArray(realities) ? (realities as readonly Json[]) : [];
  return entries
    .map((entry): JsonObject => jsonObject(entry, "a Reality"))
    .filter(({ isOpen }) => isOpen === true)
    .map(({ name }) => String(name));
}
