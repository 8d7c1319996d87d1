/** How errors of the catalogue look outside: Connect and gRPC codes with the ErrorInfo as detail, HTTP statuses with a JSON body. */
import { ArqonError, type ErrorKind } from "@arqon/core/base";
import { ErrorInfoSchema, errorInfo } from "@arqon/core/wire";
import { Code, ConnectError } from "@connectrpc/connect";

const STATUS: Readonly<Record<ErrorKind["status"], { readonly code: Code; readonly http: number }>> = {
  INVALID_ARGUMENT: { code: Code.InvalidArgument, http: 400 },
  UNAUTHENTICATED: { code: Code.Unauthenticated, http: 401 },
  PERMISSION_DENIED: { code: Code.PermissionDenied, http: 403 },
  NOT_FOUND: { code: Code.NotFound, http: 404 },
  ALREADY_EXISTS: { code: Code.AlreadyExists, http: 409 },
  FAILED_PRECONDITION: { code: Code.FailedPrecondition, http: 400 },
  RESOURCE_EXHAUSTED: { code: Code.ResourceExhausted, http: 429 },
  ABORTED: { code: Code.Aborted, http: 409 },
  CANCELLED: { code: Code.Canceled, http: 499 },
  DEADLINE_EXCEEDED: { code: Code.DeadlineExceeded, http: 504 },
  OUT_OF_RANGE: { code: Code.OutOfRange, http: 400 },
  UNIMPLEMENTED: { code: Code.Unimplemented, http: 501 },
  UNAVAILABLE: { code: Code.Unavailable, http: 503 },
  DATA_LOSS: { code: Code.DataLoss, http: 500 },
  INTERNAL: { code: Code.Internal, http: 500 },
};

/** The HTTP status of an error: 429 only where trying again helps, 413 where the request itself is too much. */
export function httpStatus({ kind: { status, retry } }: ArqonError): number {
  return status === "RESOURCE_EXHAUSTED" && !retry ? 413 : STATUS[status].http;
}

/** Anything thrown, as Connect and gRPC say it. */
export function connectError(thrown: unknown): ConnectError {
  if (thrown instanceof ConnectError) return thrown;
  const error = ArqonError.from(thrown);
  const detail = { desc: ErrorInfoSchema, value: errorInfo(error) };
  return new ConnectError(error.message, STATUS[error.kind.status].code, undefined, [detail], thrown);
}

/** A request of the wrong form. */
export function misuse(message: string, cause?: unknown): ArqonError {
  return new ArqonError("USAGE", message, {
    cause,
    remedy: "See docs/spec/http.md for what a request may hold.",
  });
}

/** What calls end with when the gateway closes. */
export function goingAway(): ArqonError {
  return new ArqonError("SHUTTING_DOWN", "the gateway is going away");
}

/** An error as a JSON body. */
export function errorBody(error: ArqonError): string {
  return `${JSON.stringify({ code: error.code, message: error.message, remedy: error.remedy })}\n`;
}
