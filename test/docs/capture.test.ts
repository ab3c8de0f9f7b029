import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { connect } from "../../server/src/database/connection.ts";
import { migrate } from "../../server/src/database/migrations.ts";
import { readDatabaseSettings } from "../../server/src/database/settings.ts";
import { withPostgres } from "../../tools/support/postgres.ts";
import { suite } from "../support/suite.ts";

const test = suite("guide to capture", 60_000);

const guide = readFileSync("docs/guides/capture.md", "utf8");
const queries = Array.from(guide.matchAll(/```sql\n(.*?)```/gs), ([, sql]) => sql as string);

test("its queries fit the schema", async () => {
  assert.is(queries.length, 6);
  await withPostgres(async (postgres) => {
    await postgres.query("CREATE ROLE analyst");
    const [first, ...rest] = queries;
    await postgres.query(first as string);
    const connection = await connect(await readDatabaseSettings(postgres.secret), { as: "test" });
    await migrate(connection);
    for (const sql of rest) await connection.query(sql);
    await connection.end();
  });
});

test.run();
