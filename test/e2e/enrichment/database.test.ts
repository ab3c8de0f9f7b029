import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { createDatabase, type DatabaseInCluster } from "../database.ts";
import { eventually, kubectl, namespace } from "../world.ts";

const demo = "database-test";
const test = suite("The database of the tests", 180_000);
let database: DatabaseInCluster;

test.before(async () => {
  await namespace(demo);
  database = await createDatabase(demo);
});

test.after(async () => {
  await kubectl("delete", "namespace", demo, "--wait=false");
  await database.remove();
});

/** What an application hears that connects by the URI of the Secret and a way of using TLS. */
async function connect(mode: string): Promise<string> {
  const uri = `${database.secret["uri"]}?${mode}`;
  return kubectl(
    "exec",
    "-n",
    demo,
    "database-0",
    "--",
    "psql",
    uri,
    "-Atc",
    "SELECT current_user",
  );
}

test("proves with a certificate who it is, and talks to nobody without TLS", async () => {
  assert.is(await connect("sslmode=verify-full&sslrootcert=/tls/ca.crt"), "app");
  const refused = async (mode: string) =>
    connect(mode).then(
      () => "nothing",
      (error: Error) => error.message,
    );
  assert.match(await refused("sslmode=disable"), /no pg_hba.conf entry .* no encryption/);
  const another = "sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt";
  assert.match(await refused(another), /certificate verify failed/);
});

test("keeps its data when it is stopped, and when it crashes", async () => {
  const create = "CREATE TABLE kept AS SELECT 'before' AS what";
  await kubectl("exec", "-n", demo, "database-0", "--", "psql", "-U", "app", "-c", create);
  await database.stop();
  await database.start();
  assert.equal(await database.sql("INSERT INTO kept VALUES ('between') RETURNING what"), [
    { what: "between" },
  ]);
  await database.crash();
  const rows = await eventually("it is back", 60, () => database.sql("SELECT what FROM kept"));
  assert.equal(rows, [{ what: "before" }, { what: "between" }]);
});

test.run();
