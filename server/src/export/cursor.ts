import type { QueryResultRow } from "pg";
import type { Connection } from "../database/connection.ts";

/** Rows that are in memory at once. */
const rowsAtOnce = 1000;

/** The rows of a query, few at a time and all as of one moment. */
export async function* rowsBehindCursor<Row extends QueryResultRow>(
  connection: Connection,
  sql: string,
  values: unknown[],
): AsyncGenerator<Row> {
  await connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  await connection.query(`DECLARE result NO SCROLL CURSOR FOR ${sql}`, values);
  for (;;) {
    const { rows } = await connection.query<Row>(`FETCH ${rowsAtOnce} FROM result`);
    if (rows.length === 0) break;
    yield* rows;
  }
  await connection.query("COMMIT");
}
