/** Jobs that end with the command that waits for them. */
import { systemClock, systemEntropy, uuidv7Generator } from "@arqon/core/base";
import type { Client } from "@arqon/sdk";
import { onInterrupt } from "./interrupts.ts";
import type { Terminal } from "./terminal.ts";

const newId = uuidv7Generator(systemClock, systemEntropy);

/** Runs a job that Ctrl-C cancels on the server too, so that it does not go on for nobody. */
export async function cancellable<T>(
  client: Client,
  terminal: Terminal,
  submit: (id: string) => Promise<T>,
): Promise<T> {
  const id = newId();
  let waiting = true;
  const stop = onInterrupt((signal) => {
    terminal.note(`${signal}: cancelling job ${id} …`);
    // A job that is not known yet was not submitted: there is nothing to wait for.
    client
      .job(id)
      .cancel(`${signal} at the terminal`)
      .catch(() => waiting && process.exit(130));
  });
  try {
    return await submit(id);
  } finally {
    waiting = false;
    stop();
  }
}
