import { once } from "node:events";
import { request } from "node:http";
import { connect as connectSocket } from "node:net";
import { ManualTime, systemEntropy, systemTimer } from "@arqon/core/base";
import { ErrorInfoSchema, JobService, JobStatus } from "@arqon/core/wire";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { describe, expect, test } from "vitest";
import { type FakeBus, fakeBus } from "./fake-bus.fixture.ts";
import { type Gateway, type GatewayOptions, startGateway } from "./gateway.ts";

const KEY = "k".repeat(32);
const AUTH = { Authorization: `Bearer ${KEY}` };
const JOB = {
  topic: "lab.jobs",
  capsule: { schema: "lab.v1", program: btoa("go"), parametersJson: '{ "b": 1, "a": 2 }' },
};

interface World extends AsyncDisposable {
  readonly bus: FakeBus;
  readonly gateway: Gateway;
  call(path: string, init?: RequestInit): Promise<{ status: number; body: Record<string, unknown> }>;
}

async function world(options: Partial<GatewayOptions> = {}): Promise<World> {
  const bus = fakeBus();
  const gateway = await startGateway({
    openClient: bus.open,
    timer: systemTimer(),
    entropy: systemEntropy,
    ...options,
  });
  return {
    bus,
    gateway,
    call: async (path, init = {}) => {
      const response = await fetch(gateway.url + path, { headers: AUTH, ...init });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
    [Symbol.asyncDispose]: () => gateway.close(),
  };
}

const post = (body: unknown): RequestInit => ({
  method: "POST",
  body: typeof body === "string" ? body : JSON.stringify(body),
});

describe("gateway", () => {
  test("a job is submitted, read, waited for, and its answer and archive fetched", async () => {
    await using w = await world();
    const { status, body } = await w.call("/v1/jobs", post(JOB));
    expect([status, body]).toEqual([
      202,
      { job: { jobId: "job-1", topic: "lab.jobs", status: "JOB_STATUS_SUBMITTED" } },
    ]);
    expect(w.bus.submitted[0]?.job.capsule?.parametersJson).toBe('{"a":2,"b":1}');
    expect((await w.call("/v1/jobs/job-1?wait_ms=1")).body).toEqual(body);
    expect((await w.call("/v1/jobs/job-1/output")).body["code"]).toBe("DEADLINE_EXCEEDED");
    const waited = w.call("/v1/jobs/job-1?wait_ms=60000");
    w.bus.finish("job-1", new TextEncoder().encode("[1]"), "application/json");
    expect((await waited).body).toMatchObject({ job: { status: "JOB_STATUS_SUCCEEDED" } });
    expect((await w.call("/v1/jobs/job-1/output")).body).toEqual([1]);
    const zip = await fetch(`${w.gateway.url}/v1/artifacts/sha256:aa`, { headers: AUTH });
    expect(zip.headers.get("content-type")).toBe("application/zip");
    expect(await zip.bytes()).toEqual(w.bus.zip);
  });

  test("an output that says it is a page is not served as one a browser would show", async () => {
    await using w = await world();
    await w.call("/v1/jobs", post({ ...JOB, jobId: "x" }));
    w.bus.finish("x", new TextEncoder().encode("<script>"), "text/html\r\nSet-Cookie: a=b");
    const { headers } = await fetch(`${w.gateway.url}/v1/jobs/x/output`, { headers: AUTH });
    expect(headers.get("content-type")).toBe("application/octet-stream");
    expect([headers.get("x-content-type-options"), headers.get("content-disposition")]).toEqual([
      "nosniff",
      "attachment",
    ]);
  });

  test("a circuit in short form becomes a quantum job", async () => {
    await using w = await world();
    const circuit = { qasm: "OPENQASM 2.0;", shots: 7, seed: 42, backend: "b", name: "x.qasm" };
    expect((await w.call("/v1/circuits", post(circuit))).status).toBe(202);
    const { topic, job } = w.bus.submitted[0] ?? {};
    expect(topic).toBe("quantum.jobs");
    expect(job?.capsule).toMatchObject({
      schema: "arqonbus.quantum.job.v1",
      name: "x.qasm",
      parametersJson: '{"seed":"0x2a","shots":7}',
      constraintsJson: '{"backend":"b"}',
    });
  });

  test.each([
    ["/v1/jobs", post("{"), 400, "JSON_INVALID", /the body/],
    ["/v1/jobs", post('{"topic":"a.jobs","topic":"b.jobs"}'), 400, "JSON_AMBIGUOUS", /the body/],
    ["/v1/jobs", post("[]"), 400, "USAGE", /SubmitJobRequest/],
    ["/v1/jobs", post({ ...JOB, extra: 1 }), 400, "USAGE", /extra/],
    ["/v1/jobs", post({ ...JOB, topic: "a b" }), 400, "TOPIC_INVALID", /a b/],
    ["/v1/jobs", post({ topic: "lab.jobs" }), 400, "USAGE", /capsule/],
    [
      "/v1/jobs",
      post({ ...JOB, capsule: { ...JOB.capsule, parametersJson: "[]" } }),
      400,
      "JSON_INVALID",
      /parameters/,
    ],
    ["/v1/jobs/none", {}, 404, "JOB_UNKNOWN", /none/],
    ["/v1/jobs/%ff", {}, 400, "USAGE", /encoded/],
    ["/v1/jobs/x?wait_ms=-1", {}, 400, "USAGE", /wait_ms/],
    ["/v1/jobs/x?wait_ms=60001", {}, 400, "USAGE", /60000/],
    ["/v1/artifacts/none", {}, 404, "ARTIFACT_UNKNOWN", /none/],
    ["/v1/artifacts/torn", {}, 500, "BUNDLE_MALFORMED", /0 bytes at 0 of 10/],
    ["/v1/other", {}, 404, "USAGE", /no such path/],
    ["/v1/circuits", {}, 405, "USAGE", /takes POST/],
    ["/v1/circuits", post({ qasm: "x", Shots: 1 }), 400, "USAGE", /"Shots"/],
    ["/v1/circuits", post({ shots: 1 }), 400, "USAGE", /"qasm"/],
    ["/v1/circuits", post({ qasm: "x", shots: 1.5 }), 400, "USAGE", /"shots"/],
    ["/v1/circuits", post({ qasm: "x", seed: 2 ** 60 }), 400, "USAGE", /"seed"/],
    ["/v1/circuits", post({ qasm: 1 }), 400, "USAGE", /"qasm"/],
  ])("%s %j is answered %d %s", async (path, init, status, code, message) => {
    await using w = await world();
    const { body, ...answer } = await w.call(path, init);
    expect([answer.status, body["code"]]).toEqual([status, code]);
    expect(body["message"]).toMatch(message);
    expect(Object.keys(body)).toEqual(["code", "message", "remedy"]);
    expect(body["remedy"]).not.toBe("");
  });

  test("a body over the limit is refused, whether it says its size or not", async () => {
    await using w = await world({ limits: { bodyBytes: 1_000 } });
    const stated = await w.call("/v1/jobs", post(" ".repeat(1_001)));
    expect([stated.status, stated.body["code"]]).toEqual([413, "WIRE_TOO_LARGE"]);
    expect(stated.body["message"]).toContain("1001 bytes, limit 1000");
    const sent = request(`${w.gateway.url}/v1/jobs`, { method: "POST", headers: AUTH });
    sent.on("error", () => {});
    sent.write(" ".repeat(1_001));
    const [response] = await once(sent, "response");
    expect([response.statusCode, response.headers.connection]).toEqual([413, "close"]);
    sent.destroy();
  });

  test("without a key, or with a wrong one, nothing is answered; health needs none", async () => {
    await using w = await world();
    for (const headers of [{}, { Authorization: "Bearer wrong" }, { Authorization: `Basic ${KEY}` }]) {
      const { status, body } = await w.call("/v1/jobs/x", { headers });
      expect([status, body["code"]]).toEqual([401, "AUTH_REQUIRED"]);
    }
    expect(w.gateway.connections).toBe(0);
    expect((await w.call("/healthz", { headers: {} })).body).toEqual({ status: "alive" });
  });

  test("another host's name, or a page of another origin, is refused", async () => {
    await using w = await world();
    const status = async (headers: Record<string, string>): Promise<number | undefined> => {
      const sent = request(`${w.gateway.url}/healthz`, { headers });
      sent.end();
      const [response] = await once(sent, "response");
      response.resume();
      return response.statusCode;
    };
    expect(await status({ Host: "evil.example:80" })).toBe(403);
    expect(await status({ Host: "127.0.0.1.evil.example" })).toBe(403);
    expect(await status({ Origin: "https://evil.example" })).toBe(403);
    expect(await status({ Origin: "null" })).toBe(403);
    expect(await status({ Host: "localhost:1", Origin: "http://localhost:5173" })).toBe(200);
  });

  test("one connection to the bus serves the calls of a key, and is replaced when it is lost", async () => {
    await using w = await world();
    await Promise.all([1, 2, 3].map(() => w.call("/v1/jobs/x")));
    await w.call("/v1/jobs/x", { headers: { Authorization: "Bearer other" } });
    expect(w.bus.opened).toEqual([KEY, "other"]);
    w.bus.lose();
    await w.call("/v1/jobs/x");
    expect(w.bus.opened).toEqual([KEY, "other", KEY]);
  });

  test("a connection nobody uses is closed, and the least used makes room", async () => {
    const time = new ManualTime();
    await using w = await world({
      timer: time,
      limits: { maxKeys: 2, idleMs: 1_000, receiveMs: 1e9, callMs: 1e9 },
    });
    const as = (key: string) => w.call("/v1/jobs/x", { headers: { Authorization: `Bearer ${key}` } });
    await as("a");
    await as("b");
    await as("a");
    await as("c");
    expect(w.bus.closed).toEqual(["b"]);
    await expect
      .poll(
        () => {
          time.advance(1_000);
          return w.gateway.connections;
        },
        { timeout: 20_000 },
      )
      .toBe(0);
  });

  test("calls of one key have a limit", async () => {
    await using w = await world({ limits: { maxCallsPerKey: 1 } });
    await w.call("/v1/jobs", post({ ...JOB, jobId: "x" }));
    const waiting = w.call("/v1/jobs/x?wait_ms=60000");
    const other = await retry(async () => {
      const answer = await w.call("/v1/jobs/x");
      return answer.status === 200 ? undefined : answer;
    });
    expect([other.status, other.body["code"]]).toEqual([429, "RATE_LIMITED"]);
    w.bus.finish("x", new Uint8Array(1), "");
    expect((await waiting).status).toBe(200);
  });

  test("a connection that says nothing is closed in time", async () => {
    const time = new ManualTime();
    await using w = await world({ timer: time });
    const socket = connectSocket(w.gateway.port, "127.0.0.1");
    await once(socket, "connect");
    const closed = once(socket, "close");
    await retry(async () => {
      time.advance(30_000);
      return socket.readableEnded || undefined;
    });
    await closed;
  });

  test("noise, and connections that end without a word, end alone", async () => {
    await using w = await world({ limits: { maxSockets: 2 } });
    const noise = [
      "",
      "P",
      "PR",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnoise".repeat(9),
      "\0\0",
      "GET / HTTP/9\r\n\r\n",
    ];
    for (const text of [...noise, ...noise]) {
      const socket = connectSocket(w.gateway.port, "127.0.0.1");
      const closed = once(socket, "close");
      socket.on("error", () => {});
      socket.resume();
      socket.end(text);
      await closed;
    }
    await retry(async () => (await w.call("/healthz").catch(() => undefined))?.status);
  });

  test.each([
    ["gRPC", createGrpcTransport],
    ["Connect", createConnectTransport],
    ["gRPC-Web", createGrpcWebTransport],
  ] as const)(
    "%s clients submit, watch, cancel and fetch; errors carry the row of the catalogue",
    async (name, make) => {
      await using w = await world();
      const http = name === "gRPC" ? { httpVersion: "2" as const } : { httpVersion: "1.1" as const };
      const client = createClient(JobService, make({ baseUrl: w.gateway.url, ...http }));
      const options = { headers: AUTH };
      const { job } = await client.submitJob(
        { topic: "lab.jobs", capsule: { schema: "lab.v1" }, jobId: "x" },
        options,
      );
      expect(job?.status).toBe(JobStatus.SUBMITTED);
      const seen: JobStatus[] = [];
      for await (const state of client.watchJob({ jobId: "x" }, options)) {
        seen.push(state.job?.status ?? 0);
        if (seen.length === 1) w.bus.finish("x", new Uint8Array(1), "");
      }
      expect(seen).toEqual([JobStatus.SUBMITTED, JobStatus.SUCCEEDED]);
      const pieces: Uint8Array[] = [];
      for await (const { chunk } of client.getArtifact({ artifactId: "sha256:aa" }, options))
        pieces.push(chunk?.data ?? new Uint8Array());
      expect(Buffer.concat(pieces)).toEqual(Buffer.from(w.bus.zip));
      expect((await client.cancelJob({ jobId: "x", reason: "r" }, options)).job?.status).toBe(
        JobStatus.CANCELLED,
      );

      const refusal = async (call: Promise<unknown>): Promise<[Code, string | undefined]> => {
        const error = ConnectError.from(
          await call.then(
            () => undefined,
            (thrown) => thrown,
          ),
        );
        return [error.code, error.findDetails(ErrorInfoSchema)[0]?.code];
      };
      expect(await refusal(client.getJob({ jobId: "none" }, options))).toEqual([
        Code.NotFound,
        "JOB_UNKNOWN",
      ]);
      expect(await refusal(client.getJob({ jobId: "x" }))).toEqual([Code.Unauthenticated, "AUTH_REQUIRED"]);
      const program = new Uint8Array(3_000_000);
      const large = client.submitJob({ topic: "lab.jobs", capsule: { schema: "l", program } }, options);
      expect(await refusal(large)).toEqual([Code.ResourceExhausted, "WIRE_TOO_LARGE"]);
    },
  );

  test("Connect's JSON is held to the schema", async () => {
    await using w = await world();
    const send = async (body: string) => {
      const headers = { ...AUTH, "Content-Type": "application/json" };
      const answer = await w.call("/arqon.control.v1.JobService/GetJob", { ...post(body), headers });
      const { code, details } = answer.body as { code: string; details: { debug: { code: string } }[] };
      return [answer.status, code, details[0]?.debug.code];
    };
    expect(await send("{")).toEqual([400, "invalid_argument", "JSON_INVALID"]);
    expect(await send('{"jobID":"x"}')).toEqual([400, "invalid_argument", "USAGE"]);
    expect(await send('{"jobId":"x"}')).toEqual([404, "not_found", "JOB_UNKNOWN"]);
  });

  test("a gRPC message that claims more bytes than it has is refused, not waited for with memory", async () => {
    await using w = await world();
    const response = await fetch(`${w.gateway.url}/arqon.control.v1.JobService/GetJob`, {
      method: "POST",
      headers: { ...AUTH, "Content-Type": "application/grpc-web+proto" },
      body: Uint8Array.of(0, 0xff, 0xff, 0xff, 0xff, 1),
    });
    expect(response.headers.get("grpc-status") ?? (await response.text())).toMatch(/8/);
  });

  test("closing ends what runs with SHUTTING_DOWN and closes the connections to the bus", async () => {
    await using w = await world();
    await w.call("/v1/jobs", post({ ...JOB, jobId: "x" }));
    const client = createClient(JobService, createGrpcTransport({ baseUrl: w.gateway.url }));
    const watch = client.watchJob({ jobId: "x" }, { headers: AUTH })[Symbol.asyncIterator]();
    await watch.next();
    const rest = watch.next().then(
      () => undefined,
      (thrown) => ConnectError.from(thrown),
    );
    await w.gateway.close();
    expect((await rest)?.findDetails(ErrorInfoSchema)[0]?.code).toBe("SHUTTING_DOWN");
    expect(w.bus.closed).toEqual([KEY]);
  });
});

/** Asks again, after what else waits had its turn, until there is an answer. */
async function retry<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const untilMs = performance.now() + 20_000;
  while (performance.now() < untilMs) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error("nothing came of it");
}
