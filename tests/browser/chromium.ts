/** A browser without a window, driven through its debugging protocol. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";

const PROGRAMS = ["chromium-headless-shell", "chromium", "google-chrome"];

/** Where a Chromium is; `undefined` where none is installed. */
export function chromiumProgram(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return PROGRAMS.flatMap((program) => folders.map((folder) => join(folder, program))).find((path) =>
    existsSync(path),
  );
}

/** WebGPU on a software driver that comes with the browser: slow, the same everywhere. */
const GPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"];

/** One page. */
export interface Page {
  /** The value of an expression in the page, which may be a promise. */
  evaluate<T>(expression: string): Promise<T>;
  /** A PNG of what is seen. */
  screenshot(): Promise<Buffer>;
  close(): Promise<void>;
}

/** Opens an address in a browser of its own. @throws Error when there is no Chromium, or it does not start. */
export async function openPage(url: string): Promise<Page> {
  const program = chromiumProgram();
  if (program === undefined) throw new Error("Chromium is not installed");
  const profile = mkdtempSync(join(tmpdir(), "arqon-chromium-"));
  const flags = ["--headless", "--no-sandbox", "--remote-debugging-port=0", "--window-size=1280,900", ...GPU];
  const browser = spawn(program, [...flags, `--user-data-dir=${profile}`, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  const gone = new Promise<void>((resolve) => browser.once("exit", () => resolve()));
  const close = async (): Promise<void> => {
    // What was started may be a script around the browser, and the browser has processes of its own.
    process.kill(-(browser.pid as number), "SIGKILL");
    await gone;
    browser.stderr.destroy();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const socket = new WebSocket(await debuggerUrl(browser));
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    const call = caller(socket);
    const { targetId } = await call<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await call<{ sessionId: string }>("Target.attachToTarget", {
      targetId,
      flatten: true,
    });
    await call("Page.enable", {}, sessionId);
    const loaded = happened(socket, "Page.loadEventFired");
    await call("Page.navigate", { url }, sessionId);
    await loaded;
    return {
      evaluate: async <T>(expression: string): Promise<T> => {
        const asked = { expression, awaitPromise: true, returnByValue: true };
        const answer = await call<{ result: { value: T }; exceptionDetails?: object }>(
          "Runtime.evaluate",
          asked,
          sessionId,
        );
        if (answer.exceptionDetails) throw new Error(JSON.stringify(answer.exceptionDetails));
        return answer.result.value;
      },
      screenshot: async () => {
        const { data } = await call<{ data: string }>("Page.captureScreenshot", { format: "png" }, sessionId);
        return Buffer.from(data, "base64");
      },
      close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

async function debuggerUrl(browser: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: browser.stderr as NodeJS.ReadableStream })) {
    const url = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
    if (url !== undefined) {
      browser.stderr?.resume();
      return url;
    }
  }
  throw new Error("Chromium ended before it could be asked anything");
}

/** Resolves when something is told the next time. */
function happened(socket: WebSocket, event: string): Promise<void> {
  return new Promise((resolve) => {
    const look = (data: unknown): void => {
      if ((JSON.parse(String(data)) as { method?: string }).method !== event) return;
      socket.off("message", look);
      resolve();
    };
    socket.on("message", look);
  });
}

type Call = <T>(method: string, params: object, sessionId?: string) => Promise<T>;

/** Calls of the protocol over one socket. */
function caller(socket: WebSocket): Call {
  let last = 0;
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  socket.on("message", (data) => {
    const { id, result, error } = JSON.parse(String(data)) as { id?: number; result?: never; error?: object };
    const call = id === undefined ? undefined : waiting.get(id);
    if (id === undefined || call === undefined) return;
    waiting.delete(id);
    if (error) call.reject(new Error(JSON.stringify(error)));
    else call.resolve(result as never);
  });
  return (method, params, sessionId) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }));
    });
}
