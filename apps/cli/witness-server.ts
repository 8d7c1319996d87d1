/** A witness that logs ask over HTTP (C2SP tlog-witness): `POST /add-checkpoint`. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { ArqonError, fromUtf8 } from "@arqon/core/base";
import type { Witness } from "@arqon/vault";

const HOST = "127.0.0.1";
const BODY_BYTES = 65_536;
const RECEIVE_MS = 10_000;

/** A running one. */
export interface WitnessServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens on loopback. @throws ArqonError `SERVER_UNREACHABLE` when the port is taken. */
export async function serveWitness(witness: Witness, port: number): Promise<WitnessServer> {
  const server = createServer(
    { headersTimeout: RECEIVE_MS, requestTimeout: RECEIVE_MS, maxHeaderSize: 16_384 },
    (request, response) => {
      answer(witness, request).then(
        ({ status, type, text }) => {
          response.writeHead(status, { "Content-Type": type, "X-Content-Type-Options": "nosniff" });
          response.end(text);
        },
        () => response.destroy(),
      );
    },
  );
  server.maxConnections = 64;
  await listening(server, port);
  const address = server.address();
  return {
    url: `http://${HOST}:${typeof address === "object" ? address?.port : port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new ArqonError("SERVER_UNREACHABLE", `cannot listen on ${HOST}:${port}: ${cause.message}`, {
          cause,
          remedy: "Choose another port, or stop the program that uses this one.",
        }),
      ),
    );
    server.listen(port, HOST, () => resolve());
  });
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const plain = (status: number, text: string): Answer => ({
  status,
  type: "text/plain; charset=utf-8",
  text: `${text}\n`,
});

async function answer(witness: Witness, request: IncomingMessage): Promise<Answer> {
  if (request.url !== "/add-checkpoint") return plain(404, "only /add-checkpoint is here");
  if (request.method !== "POST") return plain(405, "/add-checkpoint takes POST");
  const body = await bodyOf(request);
  if (body === undefined) return plain(413, `a request has at most ${BODY_BYTES} bytes`);
  const text = textOf(body);
  if (text === undefined) return plain(400, "the request is not UTF-8");
  try {
    const note = await witness.add(text);
    // Of the note only the line that is new.
    return { ...plain(200, ""), text: note.slice(note.lastIndexOf("\u2014")) };
  } catch (thrown) {
    return refusal(ArqonError.from(thrown));
  }
}

/** The statuses of the specification; the witness's own reason is in the body. */
function refusal({ code, message, details }: ArqonError): Answer {
  const text = `[${code}] ${message}`;
  if (code === "KEY_UNKNOWN") return plain(404, text);
  if (code === "SIGNATURE_MISSING" || code === "SIGNATURE_INVALID") return plain(403, text);
  if (code === "LEDGER_FORK") return plain(422, text);
  const { known } = details;
  if (known !== undefined) return { status: 409, type: "text/x.tlog.size", text: `${known}\n` };
  return plain(code === "LEDGER_INVALID" || code === "LEDGER_ROLLED_BACK" ? 400 : 500, text);
}

function textOf(body: Uint8Array): string | undefined {
  try {
    return fromUtf8(body);
  } catch {
    return undefined;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > BODY_BYTES) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
