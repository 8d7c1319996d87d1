import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { ErrorInfoSchema, JobService, JobStatus } from "@arqon/core/wire";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Home, newHome, type Serving } from "./cli.ts";

const QASM = readFileSync(resolve(import.meta.dirname, "../../examples/bell.qasm"), "utf8");

/** The fields of any answer that are looked at here. */
interface Answer {
  job: { jobId: string; topic: string; status: string; result: { artifactId: string } };
  counts: Record<string, number>;
  code: string;
  message: string;
  remedy: string;
  details: { debug: { code: string } }[];
}
const jsonOf = async (response: Promise<Response> | Response): Promise<Answer> =>
  (await (await response).json()) as Answer;

describe("the gateway, as a client that does not know Arqon", () => {
  let home: Home;
  let server: Serving;
  beforeAll(async () => {
    home = newHome();
    server = await home.serve();
  });
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
    home[Symbol.dispose]();
  });
  const call = (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { Authorization: `Bearer ${server.apiKey}`, ...init.headers };
    return fetch(server.httpUrl + path, { ...init, headers });
  };
  const post = (path: string, body: unknown, type = "application/json"): Promise<Response> => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return call(path, { method: "POST", body: text, headers: { "Content-Type": type } });
  };
  const options = (): { headers: Record<string, string> } => ({
    headers: { Authorization: `Bearer ${server.apiKey}` },
  });

  test("plain HTTP runs a circuit end to end, and the archive verifies", async () => {
    expect(await (await fetch(`${server.httpUrl}/healthz`)).json()).toEqual({ status: "alive" });
    const submitted = await post("/v1/circuits", { qasm: QASM, shots: 500, seed: 7, name: "bell.qasm" });
    expect(submitted.status).toBe(202);
    const path = submitted.headers.get("location") ?? "";
    const output = await jsonOf(call(`${path}/output?wait_ms=30000`));
    expect(output).toMatchObject({ shots: 500, seed: "0x7", backend: "sim-statevector" });
    expect((output.counts["00"] ?? 0) + (output.counts["11"] ?? 0)).toBe(500);
    const { job } = await jsonOf(call(`${path}?wait_ms=30000`));
    expect([job.status, job.topic]).toEqual(["JOB_STATUS_SUCCEEDED", "quantum.jobs"]);

    const zip = await call(`/v1/artifacts/${job.result.artifactId}`);
    expect(zip.headers.get("content-type")).toBe("application/zip");
    writeFileSync(home.file("bell.zip"), await zip.bytes());
    const verified = await home.arqon(["verify", home.file("bell.zip"), "--json"]);
    expect(verified.json<{ verdict: string }>().verdict, verified.stdout).toBe("VERIFIED");
    const sameFromCli = await home.arqon([
      "run",
      resolve(import.meta.dirname, "../../examples/bell.qasm"),
      ...["--shots", "500", "--seed", "7", "--json"],
    ]);
    expect(sameFromCli.json<{ artifactId: string }>().artifactId).toBe(job.result.artifactId);
  });

  test("Connect's JSON over POST submits the whole form, twice the same is one job, and cancels", async () => {
    const rpc = (method: string, body: unknown): Promise<Answer> =>
      jsonOf(post(`/arqon.control.v1.JobService/${method}`, body));
    const job = {
      jobId: "01890a5d-ac96-774b-bcce-b302099a8057",
      topic: "lab.jobs",
      capsule: { schema: "lab.v1", program: btoa("nobody serves this"), parametersJson: '{ "x": 1 }' },
    };
    expect((await rpc("SubmitJob", job)).job.jobId).toBe(job.jobId);
    expect(await rpc("SubmitJob", job)).toMatchObject({ duplicate: true });
    const other = await rpc("SubmitJob", { ...job, effect: "EFFECT_PHYSICAL" });
    expect([other.code, other.details[0]?.debug.code]).toEqual(["already_exists", "JOB_CONFLICT"]);
    await rpc("CancelJob", { jobId: job.jobId, reason: "enough" });
    const ended = await rpc("GetJob", { jobId: job.jobId, waitMs: 10_000 });
    expect(ended.job.status).toBe("JOB_STATUS_CANCELLED");
    const cancelled = await call(`/v1/jobs/${job.jobId}`, { method: "DELETE" });
    expect((await jsonOf(cancelled)).job.status).toBe("JOB_STATUS_CANCELLED");
  });

  test("a gRPC client over HTTP/2 submits, watches to the end and fetches the archive", async () => {
    const client = createClient(JobService, createGrpcTransport({ baseUrl: server.httpUrl }));
    const capsule = {
      schema: "arqonbus.quantum.job.v1",
      program: new TextEncoder().encode(QASM),
      programMediaType: "text/x-openqasm;version=2.0",
      parametersJson: '{"shots": 100}',
    };
    const { job } = await client.submitJob({ topic: "quantum.jobs", capsule }, options());
    const jobId = job?.jobId ?? "";
    let last = job;
    for await (const state of client.watchJob({ jobId }, options())) last = state.job;
    expect(last?.status).toBe(JobStatus.SUCCEEDED);
    const pieces: Uint8Array[] = [];
    const artifactId = last?.result?.artifactId ?? "";
    for await (const { chunk } of client.getArtifact({ artifactId }, options()))
      pieces.push(chunk?.data ?? new Uint8Array());
    writeFileSync(home.file("grpc.zip"), Buffer.concat(pieces));
    expect((await home.arqon(["verify", home.file("grpc.zip")])).code).toBe(0);

    const thrown = await client
      .getJob({ jobId }, { headers: { Authorization: "Bearer no" } })
      .catch((e) => e);
    const error = ConnectError.from(thrown);
    expect([error.code, error.findDetails(ErrorInfoSchema)[0]?.code]).toEqual([
      Code.Unauthenticated,
      "AUTH_REQUIRED",
    ]);
  });

  test("bad input is refused with the catalogue's code, a message and a remedy", async () => {
    const head = "OPENQASM 2.0;\nqreg q[1];\n";
    const cases: [Promise<Response>, number, string, RegExp][] = [
      [post("/v1/circuits", "{"), 400, "JSON_INVALID", /the body/],
      [post("/v1/circuits", { qasm: QASM, shot: 1 }), 400, "USAGE", /"shot"/],
      [
        post("/v1/circuits", { qasm: `${head}U(0,0,0) q[0]`, name: "a.qasm" }),
        400,
        "QASM_SYNTAX",
        /a\.qasm:/,
      ],
      [post("/v1/circuits", { qasm: `${head}foo q[0];` }), 400, "QASM_SEMANTIC", /foo/],
      [post("/v1/circuits", { qasm: QASM, shots: 10 ** 8 }), 400, "USAGE", /shots/],
      [post("/v1/circuits", { qasm: QASM, id: "x" }), 400, "UUID_INVALID", /"x"/],
      [post("/v1/circuits", { qasm: " ".repeat(1_100_000) + QASM }), 413, "WIRE_TOO_LARGE", /limit 1048576/],
      [post("/v1/jobs", " ".repeat(3_000_000)), 413, "WIRE_TOO_LARGE", /limit 2097152/],
      [call("/v1/jobs/01890a5d-ac96-774b-bcce-000000000000"), 404, "JOB_UNKNOWN", /0000/],
      [call("/v1/jobs/1"), 400, "UUID_INVALID", /"1"/],
      [call("/v1/artifacts/ffffffff"), 404, "ARTIFACT_UNKNOWN", /ffffffff/],
      [call("/v1/jobs/1", { headers: { Authorization: "Bearer wrong" } }), 401, "AUTH_REQUIRED", /key/],
    ];
    for (const [answer, status, code, message] of cases) {
      const response = await answer;
      const body = await jsonOf(response);
      expect([response.status, body.code], body.message).toEqual([status, code]);
      expect(body.message).toMatch(message);
      expect(body.remedy).not.toBe("");
    }
  });

  test("what only fails later shows in the job, with its code", async () => {
    const { job } = await jsonOf(post("/v1/circuits", { qasm: QASM, backend: "no-such" }));
    const response = await call(`/v1/jobs/${job.jobId}/output?wait_ms=30000`);
    expect([response.status, (await jsonOf(response)).code]).toEqual([404, "BACKEND_UNKNOWN"]);
  });
});
