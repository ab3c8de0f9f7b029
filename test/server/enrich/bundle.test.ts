import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import {
  capture,
  captured,
  createQueueDatabase,
  workerProcess,
} from "../../../tools/support/annotation-queue.ts";

const test = suite("enrich.js and export.js of the bundle", 60_000);
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "intendant-bundle-"));

test.before(async () => void (await run(process.execPath, ["tools/bundle.ts", "server", folder])));
test.after(() => rmSync(folder, { recursive: true }));

test("annotate, and bring out what was annotated", async () => {
  const { postgres, connection, end } = await createQueueDatabase();
  await capture(connection, ["je veux réserver un hôtel à Nice pour deux nuits"]);
  const worker = workerProcess(postgres, {}, join(folder, "enrich.js"));
  assert.is(await worker.ended(), 0, worker.words());
  const env = { CAPTURE_MODEL: captured, DATABASE_FOLDER: postgres.secret };
  const args = [join(folder, "export.js"), "--min-probability", "0.5"];
  const { stdout } = await run(process.execPath, args, { env });
  assert.equal(JSON.parse(stdout), [
    { intent: "find-hotel", sentence: "je veux réserver un hôtel à Nice pour deux nuits" },
  ]);
  await end();
});

test.run();
