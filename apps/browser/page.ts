/** The page: a circuit in, a histogram out. What computes is in a thread of its own. */
import { EXAMPLES } from "./examples.ts";
import { histogram } from "./histogram.ts";
import type { Answer, Question } from "./question.ts";

function part<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

const choice = part<HTMLSelectElement>("example");
const source = part<HTMLTextAreaElement>("source");
const shots = part<HTMLInputElement>("shots");
const seed = part<HTMLInputElement>("seed");
const button = part<HTMLButtonElement>("run");
const status = part("status");
const facts = part("facts");
const counts = part("counts");
/** A picture brings its own style, which must not reach the rest of the page. */
const drawing = part("drawing").attachShadow({ mode: "open" });

for (const [index, { name }] of EXAMPLES.entries()) choice.add(new Option(name, String(index)));

let simulator = startSimulator();
let running = false;

choice.addEventListener("change", () => {
  showExample();
  again();
});
button.addEventListener("click", () => (running ? stop() : run()));
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) again();
});
showExample();
run();

function showExample(): void {
  source.value = EXAMPLES[Number(choice.value)]?.source ?? "";
}

function startSimulator(): Worker {
  const worker = new Worker("simulator.js", { type: "module" });
  worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => show(data));
  // A thread that cannot be loaded, or dies, says nothing more.
  worker.addEventListener("error", ({ message }) => {
    const said = message ? `: ${message}` : "";
    stop();
    show({ kind: "error", code: "INTERNAL", message: `the simulator ended${said}`, remedy: "Run it again." });
  });
  return worker;
}

function again(): void {
  if (running) stop();
  run();
}

function run(): void {
  const question: Question = { source: source.value, shots: Number(shots.value), seed: seed.value };
  setRunning(true);
  document.body.dataset["state"] = "running";
  status.textContent = "simulating …";
  simulator.postMessage(question);
}

/** Synchronous work cannot be asked to stop: its thread ends, and another begins. */
function stop(): void {
  simulator.terminate();
  simulator = startSimulator();
  setRunning(false);
  document.body.dataset["state"] = "stopped";
  status.textContent = "stopped";
}

function setRunning(is: boolean): void {
  running = is;
  button.textContent = is ? "Stop" : "Run";
}

function show(answer: Answer): void {
  if (answer.kind === "progress") {
    status.textContent = `simulating … ${Math.round(100 * answer.fraction)} %`;
    return;
  }
  setRunning(false);
  document.body.dataset["state"] = answer.kind;
  if (answer.kind === "error") {
    status.textContent = `${answer.message} [${answer.code}] ${answer.remedy}`;
    facts.replaceChildren();
    counts.replaceChildren();
    drawing.replaceChildren();
    return;
  }
  const { qubits, gates, engine, reason, elapsedMs, sha256, warnings } = answer;
  const run = answer.counts.reduce((sum, [, count]) => sum + count, 0);
  const took = `${run.toLocaleString("en")} shots in ${Math.round(elapsedMs).toLocaleString("en")} ms`;
  status.textContent = [took, ...warnings].join(" · ");
  document.body.dataset["sha256"] = sha256;
  facts.replaceChildren(
    ...Object.entries({
      qubits: String(qubits),
      gates: String(gates),
      outcomes: String(answer.counts.length),
      engine: `${engine}: ${reason}`,
      "SHA-256 of the counts": sha256,
    }).flatMap(([name, value]) => [element("dt", name), element("dd", value)]),
  );
  // Both are made here from numbers and from names the parser let through, escaped.
  counts.innerHTML = histogram(answer.counts);
  drawing.innerHTML = `<style>svg { max-width: 100%; height: auto; border-radius: 8px; }</style>${answer.drawing}`;
}

function element(tag: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
