/** Serves `dist/browser` on loopback: `npm run browser`. */
import { createReadStream, existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { extname, join } from "node:path";
import { buildBrowser } from "./build-browser.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css",
  ".js": "text/javascript",
};

/** Serves the files of one folder, and none outside it. */
export function serveFolder(folder: string, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    const name = /^\/([\w-]+\.(?:html|css|js))?(?:\?|$)/.exec(request.url ?? "")?.[1] ?? "";
    const path = join(folder, name || "index.html");
    if ((name === "" && !/^\/(?:\?|$)/.test(request.url ?? "")) || !existsSync(path)) {
      response.writeHead(404).end("not found\n");
      return;
    }
    response.writeHead(200, { "Content-Type": TYPES[extname(path)] as string });
    createReadStream(path).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

if (import.meta.main) {
  const port = Number(process.argv[2] ?? 8080);
  const server = await serveFolder(await buildBrowser(), port).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== "EADDRINUSE") throw thrown;
    console.error(`port ${port} is in use; name another: npm run browser -- ${port + 1}`);
    process.exit(4);
  });
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/  (Ctrl-C ends it)`);
}
