/**
 * Brings captured sentences out of the database with their labels, and reviewed labels in:
 *
 *   kubectl exec svc/… -- /nodejs/bin/node export.js --min-probability 0.9 > labelled.json
 *   kubectl exec svc/… -- /nodejs/bin/node export.js review > doubts.json
 *   kubectl exec -i svc/… -- /nodejs/bin/node export.js import - < doubts.json
 *
 * Lists go to the standard output as JSON, words about them to the standard error.
 */
import { createReadStream } from "node:fs";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { connect, type Connection } from "../database/connection.ts";
import { migrate } from "../database/migrations.ts";
import { readDatabaseSettings } from "../database/settings.ts";
import { readExportConfig, usage, type ExportConfig } from "./config.ts";
import { idOfModel, labelledSentences } from "./examples.ts";
import { importReviewed, parseReviewed, type Imported } from "./import.ts";
import { jsonList } from "./json-list.ts";
import { reviewItems } from "./review.ts";

try {
  await run(readSettings());
} catch (error) {
  tell((error as Error).message);
  process.exitCode = 1;
}

function readSettings(): ExportConfig {
  try {
    return readExportConfig();
  } catch (error) {
    tell(`${(error as Error).message}\n${usage}`);
    return process.exit(2);
  }
}

async function run(config: ExportConfig): Promise<void> {
  const settings = await readDatabaseSettings(config.databaseFolder);
  if (settings.securityWarning) tell(settings.securityWarning);
  const connection = await connect(settings, { as: "intendant-export" });
  try {
    await migrate(connection);
    await execute(config, connection);
  } finally {
    // Nothing waits to be written by then.
    connection.destroy();
  }
}

async function execute(config: ExportConfig, connection: Connection): Promise<void> {
  if (config.command === "examples") {
    return write(labelledSentences(connection, config.model, config));
  }
  const modelId = await idOfModel(connection, config.model);
  if (config.command === "review") return write(reviewItems(connection, modelId, config));
  const input = config.file === "-" ? process.stdin : createReadStream(config.file);
  const reviewed = parseReviewed(await text(input));
  report(await importReviewed(connection, modelId, reviewed));
}

async function write(rows: AsyncGenerator<object>): Promise<void> {
  let count = 0;
  await pipeline(
    jsonList(rows, () => count++),
    process.stdout,
  );
  tell(`Wrote ${count} sentences`);
}

function report({ reviewed, unknown, newLabels }: Imported): void {
  tell(`Wrote the labels of ${reviewed} sentences`);
  if (unknown.length > 0) {
    tell(
      `${unknown.length} sentences are not in the database, the first one is ${JSON.stringify(unknown[0])}; write them as the export does`,
    );
  }
  for (const [label, count] of Object.entries(newLabels)) {
    tell(`No annotator has the label ${JSON.stringify(label)}, which ${count} sentences have now`);
  }
}

function tell(words: string): void {
  console.error(words);
}
