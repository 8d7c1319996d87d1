import { ArqonError } from "@arqon/core/base";

/** Where objects are on an S3 server. It holds no secret. */
export interface S3Place {
  readonly bucket: string;
  /** Empty, or ends in "/". */
  readonly prefix: string;
  /** Base address of the bucket, without a final "/". */
  readonly address: string;
  readonly region: string;
}

/** Who asks. Never shown, never written. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * Reads "s3://bucket/prefix?endpoint=http://127.0.0.1:9000&region=eu-central-1". Without an endpoint it is Amazon's. Plain
 * HTTP is for loopback alone.
 * @throws ArqonError `USAGE`.
 */
export function parseS3Place(text: string, region = "us-east-1"): S3Place {
  const bad = (why: string): never => {
    // Parameters are left out, for there may be a secret in them.
    const shown = text.replace(/\?.*$/s, "").replace(/\/\/.*@/s, "//");
    throw new ArqonError("USAGE", `"${shown.slice(0, 200)}": ${why}`);
  };
  if (!URL.canParse(text)) bad("expected s3://BUCKET/PREFIX?endpoint=URL&region=REGION");
  const url = new URL(text);
  const bucket = url.hostname;
  if (url.protocol !== "s3:" || url.username || url.password)
    bad(
      "expected s3://BUCKET/PREFIX without a user; credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    );
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    bad("its bucket's name is none: 3 to 63 lower-case letters, digits, dots and -");
  for (const name of url.searchParams.keys())
    if (name !== "endpoint" && name !== "region") bad(`it has the parameter "${name}", which is not known`);
  const path = url.pathname.replace(/^\/+|\/+$/g, "");
  if (!/^[A-Za-z0-9._/-]*$/.test(path) || path.split("/").includes(".."))
    bad("its prefix may have only letters, digits and . _ - /");
  const where = url.searchParams.get("region") ?? region;
  if (!/^[a-z0-9-]{1,40}$/.test(where)) bad("its region is none: lower-case letters, digits and -");
  const endpoint = url.searchParams.get("endpoint");
  if (endpoint !== null) {
    const base = URL.canParse(endpoint) ? new URL(endpoint) : bad("its endpoint is not a URL");
    const loopback = ["127.0.0.1", "localhost", "[::1]"].includes(base.hostname);
    if (base.protocol !== "https:" && !(base.protocol === "http:" && loopback))
      bad("its endpoint must be https, or on loopback");
    if (base.username || base.password || base.search || base.hash)
      bad("its endpoint must be an address alone, without a user, parameters or a fragment");
  }
  const address =
    endpoint === null
      ? `https://${bucket}.s3.${where}.amazonaws.com`
      : `${endpoint.replace(/\/+$/, "")}/${bucket}`;
  return { bucket, prefix: path === "" ? "" : `${path}/`, address, region: where };
}
