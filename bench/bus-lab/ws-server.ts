/** The peer: a relay on the `ws` package that sends what it receives to every other client, without looking. */
import { type WebSocket, WebSocketServer } from "ws";
import { answerQuestions } from "./questions.ts";

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: 0,
  perMessageDeflate: false,
  maxPayload: 1_048_576,
  handleProtocols: (protocols) => [...protocols][0] ?? false,
});
const readers = new Set<WebSocket>();
server.on("connection", (socket, request) => {
  // Publishers name themselves in the path; everyone else reads.
  if (request.url !== "/publish") readers.add(socket);
  socket.on("close", () => readers.delete(socket));
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => {
    for (const reader of readers) reader.send(data, { binary: isBinary });
  });
});
server.on("listening", () => answerQuestions((server.address() as { port: number }).port));
