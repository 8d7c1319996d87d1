/** The thread that simulates a device: one circuit at a time, synchronously. */
import { runOnDevice } from "./device.ts";
import { serveThread } from "./serve-thread.ts";

serveThread(runOnDevice);
