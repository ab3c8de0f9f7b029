import type { DatabaseReason } from "../contract/ops.ts";

/** The database cannot be used as it is; the message says why and, where there is one, the remedy. */
export class DatabaseError extends Error {
  readonly reason: DatabaseReason;

  constructor(reason: DatabaseReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

/** What PostgreSQL and Node say of an error; either has a code. */
export interface CodedError extends Error {
  /** SQLSTATE in PostgreSQL's errors, https://www.postgresql.org/docs/current/errcodes-appendix.html */
  code?: string;
  /** Only in PostgreSQL's errors: `ERROR`, `FATAL` or `PANIC`. */
  severity?: string;
  errors?: Error[];
}

/**
 * Why the database cannot be used, from an error of PostgreSQL or Node.
 *
 * @param where host and port, never more of the URI
 */
export function databaseError(error: unknown, where: string): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const coded = error as CodedError;
  const said = saying(coded);
  const advice = coded.code ? (advices[coded.code] ?? tlsAdvice(coded.code)) : undefined;
  if (advice) {
    return new DatabaseError("DatabaseRefused", `${where}: ${said}; ${advice}`, error);
  }
  if (said.includes("does not support SSL")) {
    return new DatabaseError("DatabaseRefused", `${where}: ${noTls}`, error);
  }
  const reason = isForGood(coded) ? "DatabaseRefused" : "DatabaseUnreachable";
  return new DatabaseError(reason, `${where}: ${said}`, error);
}

/** Whether PostgreSQL said it, and not because it starts, stops, has no room, or had a conflict. */
const isForGood = ({ code = "", severity }: CodedError) =>
  severity !== undefined && !/^(08|40|53|55|57|58)/.test(code);

const noTls =
  "The database does not speak TLS; switch it on there, or write sslmode=disable into the URI " +
  "if you trust the network";

/** Several addresses that were tried are one error without words. */
function saying({ message, code, errors }: CodedError): string {
  return message || errors?.map((error) => error.message).join(", ") || code || "no reason given";
}

/** What helps against what PostgreSQL does not change its mind about. */
const advices: Record<string, string> = {
  "28P01": "check the user and the password in the URI",
  "28000": "allow this user, from here and with TLS, in pg_hba.conf",
  "3D000": "create it, or name another one in the URI",
  "42501": "give the role the rights that the guide to capture lists",
  "25006": "the URI leads to a replica or to a database that is only read; name the primary",
  "53100": "its disk is full; make room or shorten the retention",
};

/** Certificates that are refused, by the names that OpenSSL has for the reasons. */
function tlsAdvice(code: string): string | undefined {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return "name the host in the URI as the certificate does";
  }
  if (/^CERT_|^UNABLE_TO_(GET|VERIFY|DECRYPT)|SELF_SIGNED_CERT|^INVALID_(CA|PURPOSE)$/.test(code)) {
    return "put the certificate of the authority that signed the database's into ca.crt";
  }
  return undefined;
}
