/** The peer socket.io: rooms, and a token that is asked for. Its argument is a folder with socket.io in its node_modules. */
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { answerQuestions } from "./questions.ts";

/** As much of the library as is used here; it is not among our dependencies. */
interface Socket {
  on(event: string, listener: (topic: string, second: unknown) => void): void;
  join(room: string): void;
}
interface Server {
  use(
    check: (socket: { handshake: { auth: { token?: string } } }, next: (error?: Error) => void) => void,
  ): void;
  on(event: "connection", listener: (socket: Socket) => void): void;
  to(room: string): { emit(event: string, bytes: unknown): void };
}
type Library = { Server: new (server: unknown, options: object) => Server };

const library = createRequire(join(process.argv[2] ?? ".", "package.json"))("socket.io") as Library;
const http = createServer();
const options = { transports: ["websocket"], perMessageDeflate: false, serveClient: false };
const io = new library.Server(http, options);
io.use(({ handshake }, next) => next(handshake.auth.token === "bench" ? undefined : new Error("no token")));
io.on("connection", (socket) => {
  socket.on("subscribe", (topic, answer) => {
    socket.join(topic);
    (answer as () => void)();
  });
  socket.on("publish", (topic, bytes) => io.to(topic).emit("message", bytes));
});
http.listen(0, "127.0.0.1", () => answerQuestions((http.address() as { port: number }).port));
