/** The thread that learns: one request at a time, synchronously. */
import { classify } from "./classify.ts";
import { serveThread } from "./serve-thread.ts";

serveThread(classify);
