/** The thread that differentiates: one circuit at a time, synchronously. */
import { differentiate } from "./gradient.ts";
import { serveThread } from "./serve-thread.ts";

serveThread(differentiate);
