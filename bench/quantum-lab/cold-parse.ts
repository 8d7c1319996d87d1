/** Reads one text, the first that its process reads, and prints the CPU seconds of that. Run in a process of its own. */
import { readFileSync } from "node:fs";
import { parseQasm2 } from "@arqon/substrates/quantum";

const text = readFileSync(0, "utf8");
const before = process.cpuUsage();
const { length } = parseQasm2(text, "cold.qasm");
const { user, system } = process.cpuUsage(before);
process.stdout.write(JSON.stringify({ length, seconds: (user + system) / 1e6 }));
