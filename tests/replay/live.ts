/** A process that runs one of the operators on a server until it has handled so many messages. */
import { runLive } from "@arqon/lab/replay";
import { connect } from "@arqon/sdk";
import operators from "./operators.ts";

const [id, maxInputs] = process.argv.slice(2);
const operator = operators.find((one) => one.id === id);
if (!operator) throw new TypeError(`no operator is named ${id}`);
const client = await connect({ onError: (error) => console.error(error.code, error.message) });
const run = await runLive(client, operator, { maxInputs: Number(maxInputs) });
console.log("ready");
console.log(JSON.stringify(await run.done));
await client.close();
