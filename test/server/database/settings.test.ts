import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { databaseSettings, readDatabaseSettings } from "../../../server/src/database/settings.ts";
import type { DatabaseError } from "../../../server/src/database/error.ts";
import { suite } from "../../support/suite.ts";

const test = suite("settings");

const uris: [uri: string, expected: Record<string, unknown>][] = [
  [
    "postgresql://app:secret@db-rw.demo:5433/shop",
    { host: "db-rw.demo", port: 5433, user: "app", password: "secret", database: "shop" },
  ],
  ["postgres://app@db", { host: "db", port: 5432, password: undefined, database: "app" }],
  ["postgresql://app:p%40ss%2Fw%23%C3%A9@db/shop", { password: "p@ss/w#é", database: "shop" }],
  ["postgresql://a%40b:x@db/sh%C3%B6p%20x", { user: "a@b", database: "shöp x" }],
  ["postgresql://app:x@[::1]:5432/shop", { host: "::1", port: 5432 }],
  ["postgresql://app:x@db/shop?options=-c%20search_path%3Dx", { options: "-c search_path=x" }],
  ["postgresql://db/shop?user=app&password=x&port=1", { user: "app", password: "x", port: 1 }],
  // What libpq and others know and that changes nothing here.
  ["postgresql://app:x@db/shop?channel_binding=require&connect_timeout=3", { host: "db" }],
];

for (const [uri, expected] of uris) {
  test(`understands ${uri}`, () => {
    const settings = { ...databaseSettings(uri) };
    for (const [name, value] of Object.entries(expected)) {
      assert.equal(settings[name as keyof typeof settings], value, name);
    }
  });
}

const refused: [uri: string, sentence: RegExp][] = [
  ["", /cannot be read; write postgresql:\/\/user:password@host/],
  ["db:5432", /cannot be read/],
  ["mysql://app:secret@db/shop", /cannot be read/],
  ["postgresql:///shop", /cannot be read/],
  ["postgresql://db/shop", /cannot be read/],
  ["postgresql://app:sec/ret#1@db/shop", /cannot be read; .*special characters of the password/],
  ["postgresql://app:%zz@db/shop", /cannot be read/],
  ["postgresql://app:secret@db/shop?port=http", /cannot be read/],
  ["postgresql://app:secret@db1,db2/shop", /several hosts; name one/],
  ["postgresql://app:secret@db/shop?sslmode=prefer", /"prefer"; write one of verify-full, /],
  ["postgresql://app:secret@db/shop?sslmode=", /sslmode in the URI of the database is ""/],
  ["postgresql://app:secret@db/shop?sslmode=verify-ca", /a public certificate; write verify-full/],
  ["postgresql://app:secret@db/shop?sslrootcert=/x", /sslrootcert; put that certificate into/],
  ["postgresql://app:secret@db/shop?sslcert=/x", /sslcert; certificates of clients/],
];

for (const [uri, sentence] of refused) {
  test(`refuses ${uri || "nothing"}, and keeps it to itself`, () => {
    assert.throws(
      () => databaseSettings(uri),
      ({ message, reason }: DatabaseError) =>
        reason === "DatabaseRefused" && sentence.test(message) && !/secret|sec\//.test(message),
    );
  });
}

const protections: [
  query: string,
  ca: string | undefined,
  tls: unknown,
  securityWarning: RegExp | undefined,
][] = [
  ["", "CA", { ca: "CA" }, undefined],
  ["?sslmode=verify-full", "CA", { ca: "CA" }, undefined],
  ["?sslmode=require", undefined, { rejectUnauthorized: false }, /not with a verified server/],
  ["?sslmode=no-verify", "CA", { rejectUnauthorized: false }, /not with a verified server/],
  ["?sslmode=disable", "CA", false, /not encrypted/],
];

for (const [query, ca, tls, securityWarning] of protections) {
  test(`${query || "no sslmode"} ${ca ? "with" : "without"} an authority`, () => {
    const settings = databaseSettings(`postgresql://app@db/shop${query}`, ca);
    assert.equal(settings.tls, tls);
    if (securityWarning) assert.match(String(settings.securityWarning), securityWarning);
    else assert.is(settings.securityWarning, undefined);
  });
}

test("without ca.crt the authorities that everybody trusts are trusted", () => {
  const { tls } = databaseSettings("postgresql://app@db/shop");
  assert.ok(tls && Array.isArray(tls.ca) && tls.ca.length > 50);
});

test("reads a Secret's folder each time anew, and says what is missing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "intendant-secret-"));
  const missing = async () => {
    try {
      await readDatabaseSettings(folder);
    } catch (error) {
      return error as DatabaseError;
    }
    throw new Error("it was read");
  };
  assert.is((await missing()).reason, "SecretMissing");
  writeFileSync(join(folder, "uri"), "\n");
  assert.match((await missing()).message, /the URI is empty; create it/);
  // An editor leaves a line break at the end.
  writeFileSync(join(folder, "uri"), "postgresql://app@db/shop\n");
  writeFileSync(join(folder, "ca.crt"), "CA\n");
  const { database, tls } = await readDatabaseSettings(folder);
  assert.equal({ database, tls }, { database: "shop", tls: { ca: "CA" } });
  rmSync(folder, { recursive: true });
});

test.run();
