import { RingbackError } from "../src/errors.ts";
import { sqlState } from "./failure.ts";

/** Why the database is not ready, in one sentence for `/readyz` and the log. Names variables, never their values. */
export function reasonOf(error: unknown): string {
  if (error instanceof RingbackError && error.cause === undefined)
    return error.message.replace(/^not ready: /, "");
  const state = sqlState(error);
  const message = error instanceof Error ? error.message : "";
  if (/unsupported startup parameter/i.test(message)) {
    return "DATABASE_URL points to a connection pooler: set DATABASE_DIRECT_URL to the database itself";
  }
  if (state?.startsWith("28") === true)
    return "the database refused the user or password of DATABASE_URL";
  if (state === "3D000") return "the database named in DATABASE_URL does not exist";
  if (state === "53300") return "the database has no free connection";
  if (state === "25006") return "the database is read-only";
  if (state === "42501") return "the user of DATABASE_URL lacks a permission on the database";
  if (state?.startsWith("57P0") === true) return "the database is starting up or shutting down";
  if (state !== undefined) return `the database answered with an error (SQLSTATE ${state})`;
  const code =
    error instanceof Error && "code" in error && typeof error.code === "string"
      ? error.code
      : undefined;
  return code === undefined
    ? "the database cannot be reached"
    : `the database cannot be reached (${code})`;
}
