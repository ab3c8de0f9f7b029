import { existsSync } from "node:fs";
import { dirname } from "node:path";
import * as assert from "uvu/assert";
import { createPostgres } from "../../../tools/support/postgres.ts";
import { suite } from "../../support/suite.ts";

const test = suite("postgres", 60_000);

test("keeps what was written when it is stopped, and when it is killed", async () => {
  const postgres = await createPostgres();
  await postgres.query("CREATE TABLE kept (n integer)");
  await postgres.query("INSERT INTO kept VALUES (1)");
  await postgres.stop();
  await postgres.start();
  await postgres.query("INSERT INTO kept VALUES (2)");
  await postgres.kill();
  let isGone = false;
  await postgres.query("SELECT 1").catch(() => (isGone = true));
  assert.ok(isGone, "it answered after it was killed");
  await postgres.start();
  assert.equal(await postgres.query("SELECT n FROM kept ORDER BY n"), [{ n: 1 }, { n: 2 }]);
  await postgres.end();
  assert.not.ok(existsSync(dirname(postgres.secret)), "its folder is still there");
});

test("does without TLS when asked to", async () => {
  const postgres = await createPostgres({ tls: false });
  assert.equal(await postgres.query("SHOW ssl"), [{ ssl: "off" }]);
  await postgres.end();
});

test.run();
