import type { Connection } from "./connection.ts";

/**
 * The id of a model, which gets one when it is new. It writes each time, so that a database that
 * can only be read is found out before anything depends on it.
 *
 * @param name namespace/name of the ModelDeployment
 */
export async function findOrCreateModel(connection: Connection, name: string): Promise<number> {
  const add = "INSERT INTO intendant.models (name) VALUES ($1) ON CONFLICT DO NOTHING";
  await connection.query(add, [name]);
  const find = "SELECT id FROM intendant.models WHERE name = $1";
  const { rows } = await connection.query<{ id: number }>(find, [name]);
  const [row] = rows;
  if (row) return row.id;
  throw new Error(`The model ${name} was deleted just now`);
}
