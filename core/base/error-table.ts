/** The closed catalogue of errors. `docs/errors.md` is printed from it; every code says what it means and what to do. */

/** One row of the catalogue. */
export interface ErrorKind {
  /** gRPC / Connect canonical status. */
  readonly status:
    | "INVALID_ARGUMENT"
    | "UNAUTHENTICATED"
    | "PERMISSION_DENIED"
    | "NOT_FOUND"
    | "ALREADY_EXISTS"
    | "FAILED_PRECONDITION"
    | "RESOURCE_EXHAUSTED"
    | "ABORTED"
    | "CANCELLED"
    | "DEADLINE_EXCEEDED"
    | "OUT_OF_RANGE"
    | "UNIMPLEMENTED"
    | "UNAVAILABLE"
    | "DATA_LOSS"
    | "INTERNAL";
  /** Process exit code of the CLI: 1 verification failed, 2 bad input, 3 refused, 4 unavailable. */
  readonly exit: 1 | 2 | 3 | 4;
  /** WebSocket close code, where the error ends a connection. */
  readonly close?: number;
  /** Trying the same again later may succeed. */
  readonly retry: boolean;
  readonly means: string;
  readonly remedy: string;
}

const TABLE = {
  // ── anything ──
  INTERNAL: {
    status: "INTERNAL",
    exit: 4,
    close: 1011,
    retry: false,
    means: "Something failed that the program did not foresee.",
    remedy: "Report it with the message and the steps that led to it.",
  },
  USAGE: {
    status: "INVALID_ARGUMENT",
    exit: 2,
    retry: false,
    means: "A command or option is not known, or a value has the wrong form.",
    remedy:
      "Correct what the message names; `--help` or the documentation of the call says what is possible.",
  },
  HOME_UNUSABLE: {
    status: "FAILED_PRECONDITION",
    exit: 4,
    retry: false,
    means: "The directory for all state cannot be made, read or written.",
    remedy: "Set ARQON_HOME to a directory you may write.",
  },
  FILE_UNREADABLE: {
    status: "NOT_FOUND",
    exit: 2,
    retry: false,
    means: "A file that was named cannot be read.",
    remedy: "Check the path and its permissions.",
  },
  LIMIT_EXCEEDED: {
    status: "RESOURCE_EXHAUSTED",
    exit: 3,
    retry: false,
    means: "A stated limit would be exceeded; nothing was done.",
    remedy: "Make the request smaller; where the limit can be set, the message says by what.",
  },
  CANCELLED: {
    status: "CANCELLED",
    exit: 3,
    retry: false,
    means: "The work was cancelled before it finished.",
    remedy: "Submit it again if it is still wanted.",
  },
  JSON_INVALID: {
    status: "INVALID_ARGUMENT",
    exit: 2,
    retry: false,
    means: "A JSON text is malformed, has duplicate keys, or is not in canonical form where it must be.",
    remedy:
      "Correct the place named in the message. What is signed must be canonical (RFC 8785), with integers above 2^53 as strings.",
  },
  JSON_AMBIGUOUS: {
    status: "INVALID_ARGUMENT",
    exit: 2,
    retry: false,
    means:
      "JSON says different things to different readers: a key is given twice; or, where it is signed, NaN or an infinity.",
    remedy: "Give every key once, and null or a string where there is no number.",
  },
  UUID_INVALID: {
    status: "INVALID_ARGUMENT",
    exit: 2,
    retry: false,
    means: "An id is not a UUID of version 7.",
    remedy: "Let the SDK choose message ids, or generate a UUIDv7.",
  },

  // ── wire ──
  WIRE_MALFORMED: {
    status: "INVALID_ARGUMENT",
    exit: 2,
    close: 4501,
    retry: false,
    means: "Bytes that should be an ArqonMessage cannot be decoded.",
    remedy: "Encode messages with the published .proto; one binary WebSocket message is one ArqonMessage.",
  },
  WIRE_TOO_LARGE: {
    status: "RESOURCE_EXHAUSTED",
    exit: 3,
    close: 1009,
    retry: false,
    means: "A frame or a field is larger than the limit.",
    remedy: "Send smaller messages, or send the data as a stream of chunks.",
  },
  WIRE_STAMPED_FIELD: {
    status: "INVALID_ARGUMENT",
    exit: 2,
    retry: false,
    means: "A client set a field that only the bus may stamp.",
    remedy:
      "Leave sequence, producer_id, reality_id, timestamp_unix_us, vector_clock, attempt, dropped, lease_until_unix_us and subscription unset.",
  },
  WIRE_PROTOCOL: {
    status: "FAILED_PRECONDITION",
    exit: 2,
    close: 4501,
    retry: false,
    means: "An operation came at a time or in a form the protocol does not allow.",
    remedy: "Send hello first, and only operations of the negotiated version.",
  },
  WIRE_VERSION: {
    status: "FAILED_PRECONDITION",
    exit: 2,
    close: 4501,
    retry: false,
    means: "Client and server share no protocol version.",
    remedy: "Update the older side.",
  },
  TOPIC_INVALID: {
    status: "INVALID_ARGUMENT",
    exit: 2,
    retry: false,
    means: "A topic or filter does not follow the grammar.",
    remedy:
      "Use dot-separated tokens of letters, digits, '-' and '_', e.g. lab.sensor.read; wildcards only in filters.",
  },
  SCHEMA_UNKNOWN: {
    status: "INVALID_ARGUMENT",
    exit: 2,
    retry: false,
    means: "The schema id of a payload is not one the receiver knows.",
    remedy: "Use a schema id the operator listed at its handshake.",
  },
  STREAM_INVALID: {
    status: "FAILED_PRECONDITION",
    exit: 2,
    retry: false,
    means:
      "A message of a stream does not follow from those before it, or its stream is not open on this connection.",
    remedy: "Start a new stream; send its chunks in order, on one connection and one topic, and end it once.",
  },

  // ── session and access ──
  AUTH_REQUIRED: {
    status: "UNAUTHENTICATED",
    exit: 3,
    close: 4502,
    retry: false,
    means: "No valid API key was presented.",
    remedy: "Set ARQON_API_KEY; the local owner's key is in client.json of the server's ARQON_HOME.",
  },
  PERMISSION_DENIED: {
    status: "PERMISSION_DENIED",
    exit: 3,
    retry: false,
    means: "The principal lacks the capability for this topic or operation.",
    remedy: "Ask the administrator for the capability named in the message.",
  },
  ORIGIN_REFUSED: {
    status: "PERMISSION_DENIED",
    exit: 3,
    close: 1008,
    retry: false,
    means: "A browser page from another origin tried to connect.",
    remedy: "Add the origin to the server's allowed origins.",
  },
  RATE_LIMITED: {
    status: "RESOURCE_EXHAUSTED",
    exit: 3,
    retry: true,
    means: "More was sent or opened than the limits of this principal allow.",
    remedy: "Slow down and try again after the stated delay.",
  },
  SLOW_CONSUMER: {
    status: "RESOURCE_EXHAUSTED",
    exit: 4,
    close: 4001,
    retry: true,
    means: "The client read more slowly than messages arrived, beyond the bound kept for it.",
    remedy: "Read faster, subscribe to less, or resume from history.",
  },
  HEARTBEAT_LOST: {
    status: "UNAVAILABLE",
    exit: 4,
    close: 4002,
    retry: true,
    means: "Nothing was heard from the other side for too long.",
    remedy: "Reconnect.",
  },
  SERVER_UNREACHABLE: {
    status: "UNAVAILABLE",
    exit: 4,
    retry: true,
    means: "No server answers at the address.",
    remedy: "Start one with `arqon serve`, or check ARQON_URL.",
  },
  CONNECTION_LOST: {
    status: "UNAVAILABLE",
    exit: 4,
    retry: true,
    means: "The connection ended before the answer came.",
    remedy: "Reconnect and ask again; publications with the same id are not repeated.",
  },
  SHUTTING_DOWN: {
    status: "UNAVAILABLE",
    exit: 4,
    close: 1001,
    retry: true,
    means: "The server is going away.",
    remedy: "Reconnect after a moment.",
  },
  NO_RESPONDER: {
    status: "UNAVAILABLE",
    exit: 4,
    retry: true,
    means: "Nobody serves the topic a request was sent to.",
    remedy: "Start the operator, or check the topic.",
  },
  DEADLINE_EXCEEDED: {
    status: "DEADLINE_EXCEEDED",
    exit: 4,
    retry: true,
    means: "The answer did not come in time.",
    remedy: "Allow more time, or ask for less.",
  },
  TLS_REQUIRED: {
    status: "FAILED_PRECONDITION",
    exit: 3,
    retry: false,
    means: "An address that is not loopback was to be used without TLS.",
    remedy:
      "Make certificates with `arqon tls init` and start with `arqon serve --tls`; clients use wss://. Without TLS only 127.0.0.1, ::1 and localhost are used.",
  },
  TLS_CERTIFICATE: {
    status: "FAILED_PRECONDITION",
    exit: 2,
    retry: false,
    means: "A certificate, private key or CA file cannot be used, or the crypto mode needs another one.",
    remedy: "Correct the file named in the message, or make new ones with `arqon tls init`.",
  },
  TLS_UNTRUSTED: {
    status: "UNAUTHENTICATED",
    exit: 3,
    retry: false,
    means: "The server's certificate is not by a trusted authority, not for this name, or not valid now.",
    remedy: "Get the CA file of the server (tls/ca.pem in its ARQON_HOME) and name it in ARQON_CA.",
  },
  TLS_REFUSED: {
    status: "PERMISSION_DENIED",
    exit: 3,
    retry: false,
    means:
      "The two sides agree on no TLS version, key exchange or signature, or a client certificate is missing.",
    remedy:
      "Use TLS 1.3; under pqc-required also X25519MLKEM768 and ML-DSA certificates (OpenSSL 3.5 and later, Node 26), or start the server with --tls-mode hybrid.",
  },

  // ── log ──
  LOG_LOCKED: {
    status: "UNAVAILABLE",
    exit: 4,
    retry: true,
    means: "Another server owns this data directory.",
    remedy: "Connect to it, or stop it, or use another ARQON_HOME.",
  },
  LOG_FENCED: {
    status: "ABORTED",
    exit: 4,
    retry: false,
    means: "A newer owner has taken the log; this one may not append any more.",
    remedy: "Reconnect; the new owner serves the log.",
  },
  LOG_CORRUPT: {
    status: "DATA_LOSS",
    exit: 4,
    retry: false,
    means: "Stored bytes do not match their checksum or their chain, and it is not a torn tail.",
    remedy: "Restore the segment named in the message from a copy; nothing was cut.",
  },
  LOG_UNAVAILABLE: {
    status: "UNAVAILABLE",
    exit: 4,
    retry: true,
    means: "The log cannot take more at the moment, e.g. the disk is full or failed to sync.",
    remedy: "Free space or mend the disk, then publish again with the same id.",
  },
  SEQUENCE_MISMATCH: {
    status: "FAILED_PRECONDITION",
    exit: 4,
    retry: false,
    means: "A compare-and-set found another value than the one expected.",
    remedy: "Read the current value and decide again.",
  },
  CLOCK_AHEAD: {
    status: "OUT_OF_RANGE",
    exit: 3,
    retry: false,
    means: "A time that was received lies further ahead of this clock than is taken over.",
    remedy: "Set the sender's clock, or this machine's.",
  },
  REALITY_UNKNOWN: {
    status: "NOT_FOUND",
    exit: 3,
    close: 4502,
    retry: false,
    means: "No Reality has this name, or this principal may not make it.",
    remedy: "Join one that sys.reality.list names, or get the capability can_publish:sys.reality.create.",
  },
  REALITY_CONFLICT: {
    status: "ALREADY_EXISTS",
    exit: 2,
    retry: false,
    means: "A Reality of this name was made with other laws, which do not change.",
    remedy: "Use the laws it has, or another name.",
  },
  LAWS_INVALID: {
    status: "INVALID_ARGUMENT",
    exit: 2,
    retry: false,
    means: "The laws of a Reality have a field that is not known, or a value that is not one of its own.",
    remedy:
      "Correct the field named in the message; schemas/reality_laws.v1.schema.json says what is possible.",
  },
  STREAM_BROKEN: {
    status: "DATA_LOSS",
    exit: 1,
    retry: false,
    means:
      "A stream is not whole: a chunk is missing, or its counts or its hash differ from those at its end.",
    remedy: "Read it again from the log, or ask its producer for it again.",
  },
  HISTORY_TRIMMED: {
    status: "OUT_OF_RANGE",
    exit: 2,
    retry: false,
    means: "The range asked for is no longer kept, or was never written.",
    remedy: "Ask from the first sequence named in the message.",
  },

  // ── jobs ──
  JOB_UNKNOWN: {
    status: "NOT_FOUND",
    exit: 2,
    retry: false,
    means: "No job has this id.",
    remedy: "Check the id, and that you connected to the Reality it was submitted in.",
  },
  JOB_CONFLICT: {
    status: "ALREADY_EXISTS",
    exit: 2,
    retry: false,
    means: "The job id was used before with another payload.",
    remedy: "Use a new id for a new job.",
  },
  JOB_LEASE_LOST: {
    status: "ABORTED",
    exit: 4,
    retry: false,
    means: "The lease of this attempt has ended, or the job already has its one terminal result.",
    remedy: "Drop the result; the job is finished elsewhere.",
  },
  JOB_EXPIRED: {
    status: "DEADLINE_EXCEEDED",
    exit: 4,
    retry: false,
    means: "The job's deadline passed before it finished.",
    remedy: "Submit again with a later deadline.",
  },
  JOB_DEAD: {
    status: "ABORTED",
    exit: 4,
    retry: false,
    means: "Every allowed attempt ended without a result.",
    remedy: "See the dead-letter topic for the last reason, mend the operator, and submit again.",
  },
  JOB_EFFECT_UNCERTAIN: {
    status: "ABORTED",
    exit: 3,
    retry: false,
    means: "A job with a physical effect lost its operator after it started; it is not repeated by itself.",
    remedy: "Inspect the device, then submit a new job if the effect is wanted again.",
  },

  // ── door and backends ──
  BACKEND_UNKNOWN: {
    status: "NOT_FOUND",
    exit: 2,
    retry: false,
    means: "No backend of this name is registered.",
    remedy: "List them with `arqon doctor`, or leave the choice to the scheduler.",
  },
  BACKEND_UNSUITABLE: {
    status: "FAILED_PRECONDITION",
    exit: 3,
    retry: false,
    means: "No registered backend meets what the job requires.",
    remedy: "Relax the constraint named in the message, or register a backend that meets it.",
  },
  PERMIT_INVALID: {
    status: "PERMISSION_DENIED",
    exit: 3,
    retry: false,
    means: "A plugin was called without a permit from the door, or with one already used.",
    remedy: "Call execute(); it is the only way to a backend.",
  },
  EXECUTION_FAILED: {
    status: "INTERNAL",
    exit: 4,
    retry: false,
    means: "The backend could not carry out an operation it had accepted.",
    remedy: "See the message; if it repeats, check the backend's health.",
  },
  CAPABILITY_REFUSED: {
    status: "PERMISSION_DENIED",
    exit: 3,
    retry: false,
    means: "The principal may not execute this kind of operation on this backend.",
    remedy: "Ask for the can_execute capability named in the message.",
  },

  // ── quantum ──
  QASM_SYNTAX: {
    status: "INVALID_ARGUMENT",
    exit: 2,
    retry: false,
    means: "An OpenQASM text does not follow the grammar.",
    remedy: "Correct the place named by file, line and column.",
  },
  QASM_SEMANTIC: {
    status: "INVALID_ARGUMENT",
    exit: 2,
    retry: false,
    means:
      "A circuit, as OpenQASM text or as calls, is well formed but means nothing: an unknown gate or register, a wrong count, a bad index, no number.",
    remedy: "Correct what the message names; in a text, at its file, line and column.",
  },
  QASM_UNSUPPORTED: {
    status: "UNIMPLEMENTED",
    exit: 2,
    retry: false,
    means: "An OpenQASM feature cannot be simulated, such as an opaque gate.",
    remedy: "Replace what the message names with something that can be simulated.",
  },
  CALIBRATION_INVALID: {
    status: "INVALID_ARGUMENT",
    exit: 2,
    retry: false,
    means:
      "A calibration has another shape than its schema, or is of another device than what it is used with.",
    remedy:
      "Correct what the message names: a calibration is JSON of schema calibration.v1, or IBM's properties and configuration of one device.",
  },
  CALIBRATION_REFUSED: {
    status: "FAILED_PRECONDITION",
    exit: 3,
    retry: false,
    means:
      "A calibration holds values the hygiene policy refuses, or a circuit uses a gate that was excluded.",
    remedy:
      "Take another snapshot, map the circuit to other qubits, or take its values as they are: --calibration-policy warn, in a job noise.policy.",
  },
  NOISE_INVALID: {
    status: "INVALID_ARGUMENT",
    exit: 2,
    retry: false,
    means: "A noise channel is not completely positive and trace preserving, or a parameter is out of range.",
    remedy: "Correct the number or matrix named in the message.",
  },
  TRANSPILE_IMPOSSIBLE: {
    status: "INVALID_ARGUMENT",
    exit: 2,
    retry: false,
    means:
      "A circuit cannot be compiled for a machine: too few qubits, no path between them, or no universal gates.",
    remedy: "Name another device, basis or coupling; the message says what is missing.",
  },
  QUANTUM_TOO_LARGE: {
    status: "RESOURCE_EXHAUSTED",
    exit: 3,
    retry: false,
    means: "The estimated memory or time of a circuit is over the limit; nothing was run.",
    remedy:
      "Use fewer qubits or shots, or another engine; `arqon estimate` says what each needs, and the message by what a limit is set, where it can be.",
  },

  // ── artifacts and trust ──
  ARTIFACT_UNKNOWN: {
    status: "NOT_FOUND",
    exit: 2,
    retry: false,
    means: "No artifact in this store has an id that starts like that, or several have.",
    remedy: "List them with `arqon runs` and give more characters of the id.",
  },
  BUNDLE_MALFORMED: {
    status: "DATA_LOSS",
    exit: 1,
    retry: false,
    means: "A bundle or its archive is not in canonical form.",
    remedy: "Get a fresh copy from its source; nothing was written.",
  },
  BUNDLE_TAMPERED: {
    status: "DATA_LOSS",
    exit: 1,
    retry: false,
    means: "A file of a bundle was changed, added or removed since it was sealed.",
    remedy: "Do not rely on it; get a fresh copy from its source.",
  },
  VIEW_TAMPERED: {
    status: "DATA_LOSS",
    exit: 1,
    retry: false,
    means:
      "A page of a bundle that is for readers, such as VERIFY.md or CITATION.cff, is not the one that was signed; its data are.",
    remedy: "Do not rely on what the page says; get a fresh copy from its source.",
  },
  SIGNATURE_MISSING: {
    status: "DATA_LOSS",
    exit: 1,
    retry: false,
    means: "A suite that must have signed did not: its signature was never made, or was taken away.",
    remedy:
      "Get a copy with all its signatures; if it never had them, `arqon verify --require` says which suffice.",
  },
  SIGNATURE_INVALID: {
    status: "DATA_LOSS",
    exit: 1,
    retry: false,
    means: "A signature does not verify, or is by a key that is not trusted.",
    remedy: "Check the trust file; if the key is right, do not rely on the bundle.",
  },
  LEDGER_INVALID: {
    status: "DATA_LOSS",
    exit: 1,
    retry: false,
    means: "An inclusion proof or a checkpoint of the run ledger does not verify.",
    remedy: "Ask the ledger's operator for a fresh proof; if it still fails, the record was altered.",
  },
  PROOF_INVALID: {
    status: "DATA_LOSS",
    exit: 1,
    retry: false,
    means:
      "An inclusion proof does not lead from its entry to the root of its checkpoint: it is for another entry, or was altered.",
    remedy: "Get the proof of this very run from who keeps the log: `arqon ledger prove INDEX`.",
  },
  LEDGER_FILE_UNKNOWN: {
    status: "NOT_FOUND",
    exit: 2,
    retry: false,
    means: "A log has no file of this path: no such tile, or not so many entries yet.",
    remedy: "Read the size in the log's checkpoint, and ask for the tiles that it has.",
  },
  REPLAY_NOT_RECORDED: {
    status: "NOT_FOUND",
    exit: 1,
    retry: false,
    means:
      "A replay needs an answer that the recorded run did not get, or that lies outside of what was read.",
    remedy: "Replay with the parameters of the recording, or over a longer range.",
  },
  REPLAY_NOT_COMPARABLE: {
    status: "FAILED_PRECONDITION",
    exit: 1,
    retry: false,
    means: "The run cannot be repeated here, so there is nothing to compare.",
    remedy: "See the reason in the message.",
  },
  VAULT_BUSY: {
    status: "UNAVAILABLE",
    exit: 4,
    retry: true,
    means: "Another process has kept the vault's ledger or index locked for too long.",
    remedy: "Try again; if it lasts, see which process uses this ARQON_HOME.",
  },
  KEYSTORE_LOCKED: {
    status: "FAILED_PRECONDITION",
    exit: 3,
    retry: false,
    means: "The keystore cannot be opened with the passphrase or credential given.",
    remedy: "Set ARQON_KEY_PASSPHRASE to the keystore's passphrase.",
  },
  KEYSTORE_UNAVAILABLE: {
    status: "UNAVAILABLE",
    exit: 4,
    retry: false,
    means: "The process or token that holds the keys is not there, or went away.",
    remedy: "See the reason in the message; then try again.",
  },
  QKD_UNAVAILABLE: {
    status: "FAILED_PRECONDITION",
    exit: 3,
    retry: false,
    means: "The policy requires keys from quantum key distribution, and nothing here supplies them.",
    remedy:
      'Set "qkd" to "excluded" in ARQON_HOME\'s policy.json; docs/playbooks/qkd.md says what a pilot needs.',
  },
  LEDGER_FORK: {
    status: "DATA_LOSS",
    exit: 1,
    retry: false,
    means: "A log shows another history than the one it showed before.",
    remedy: "Keep both checkpoints as evidence and do not trust the log; ask who runs it.",
  },
  LEDGER_ROLLED_BACK: {
    status: "DATA_LOSS",
    exit: 1,
    retry: false,
    means: "A log has fewer entries than it is known to have had.",
    remedy:
      "Restore the newest copy of the ledger; what was appended after it is in nobody's hands otherwise.",
  },
  TOKEN_LOCKED: {
    status: "PERMISSION_DENIED",
    exit: 3,
    retry: false,
    means: "The token has locked its PIN after too many wrong ones.",
    remedy: "Reset the user PIN with the token's own tool and its security officer's PIN.",
  },
  FIPS_UNAVAILABLE: {
    status: "FAILED_PRECONDITION",
    exit: 3,
    retry: false,
    means: "The policy requires certified cryptography, and neither the provider nor the token here is.",
    remedy:
      "Start Node with --force-fips and a FIPS provider that policy.json lists, if it lists any, or keep every key in a token whose certificate it states; docs/spec/policy.md has every field.",
  },
  KEY_UNKNOWN: {
    status: "NOT_FOUND",
    exit: 2,
    retry: false,
    means: "No key has this id or purpose, or the trust file lacks it.",
    remedy: "List keys with `arqon keys list`; whom you trust you add with `arqon keys trust add`.",
  },
  KEY_EXPIRED: {
    status: "FAILED_PRECONDITION",
    exit: 3,
    retry: false,
    means: "A key signs or wraps, or has signed, before or after the time it is valid for.",
    remedy: "Make new keys with `arqon keys rotate`, or set the clock right.",
  },
  KEY_DISABLED: {
    status: "FAILED_PRECONDITION",
    exit: 3,
    retry: false,
    means: "A key was rotated out or disabled; what it signed before can still be verified.",
    remedy: "Use the key that took its place: see `arqon keys list`.",
  },
  KEY_REFUSED: {
    status: "PERMISSION_DENIED",
    exit: 3,
    retry: false,
    means:
      "The key is not for this operation, the tenant may not use it, or it would be trusted for longer than it is.",
    remedy:
      "Use a key of the right algorithm; what a tenant may do is in ARQON_HOME's policy.json (docs/spec/policy.md).",
  },
  SEAL_BROKEN: {
    status: "DATA_LOSS",
    exit: 1,
    retry: false,
    means: "Encrypted bytes were altered, cut, or belong to another key or place.",
    remedy: "Restore them from a copy; they were not decrypted.",
  },
  STORE_UNFIT: {
    status: "FAILED_PRECONDITION",
    exit: 3,
    retry: false,
    means:
      "An object store or database does not do what it says, or not what is needed to keep artifacts safe.",
    remedy: "Use another server, or the setting the message names; nothing was kept there.",
  },
  STORE_CLAIMED: {
    status: "FAILED_PRECONDITION",
    exit: 3,
    retry: false,
    means:
      "The bucket, database or folder given belongs to another vault, or this vault keeps its own elsewhere.",
    remedy:
      "Set ARQON_OBJECTS and ARQON_INDEX to what this ARQON_HOME was made with, or use a prefix or database of its own.",
  },
  STORE_UNREACHABLE: {
    status: "UNAVAILABLE",
    exit: 4,
    retry: true,
    means: "The object store or database does not answer, or refuses the credentials.",
    remedy: "See the reason in the message; check the address, the credentials and the network.",
  },
  SECRET_FOUND: {
    status: "FAILED_PRECONDITION",
    exit: 3,
    retry: false,
    means: "Something that looks like a secret was about to be sealed.",
    remedy: "Remove it from the place named in the message.",
  },
} as const;

/** Every code there is. */
export type ErrorCode = keyof typeof TABLE;

/** The catalogue, by code. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorKind>> = TABLE;
