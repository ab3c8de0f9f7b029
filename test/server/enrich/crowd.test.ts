import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { account, capture, createWorld, sentences, workerProcess, type World } from "./world.ts";

const test = suite<{ world: World }>("enrich: workers that are killed", 300_000);
const rows = Number(process.env["ROWS"] ?? 12_000);
const workers = 4;
const batchSize = Math.ceil(rows / 40);

test.before.each(async (context) => void (context.world = await createWorld()));
test.after.each(async ({ world }) => world.end());

test("annotate every sentence exactly once", async ({ world }) => {
  const { postgres, connection } = world;
  for (let start = 0; start < rows; start += 10_000) {
    await capture(connection, sentences(Math.min(10_000, rows - start), `Un hôtel ${start}`));
  }
  let killed = 0;
  let told = 0;
  /** Starts workers one after the other until one ends because nothing is pending. */
  const lane = async (index: number) => {
    for (let round = 0; ; round++) {
      const worker = workerProcess(postgres, { BATCH_SIZE: String(batchSize) });
      // One lane is never disturbed, so that it comes to an end; the others are, ever later.
      const signal = (index + round) % 3 === 0 ? "SIGTERM" : "SIGKILL";
      const victim = index > 0 && round < 4;
      if (victim) void disturb(worker, round, signal).catch(() => undefined);
      const ended = await worker.ended();
      if (ended === 0) return;
      assert.is(ended, signal === "SIGTERM" ? 143 : "SIGKILL", worker.words());
      if (ended === 143) told++;
      else killed++;
    }
  };
  await Promise.all(Array.from({ length: workers }, async (_, index) => lane(index)));
  assert.ok(killed > 2 && told > 1, `${killed} were killed and ${told} were told to end`);
  const found = await account(connection);
  assert.equal(found, {
    examples: rows,
    annotations: rows,
    refusals: 0,
    pending: 0,
    batches: rows,
    counted: [{ enriched: rows, refused: 0, pending: 0 }],
  });
});

/** Signals a worker after some batches, at a moment that nobody chose. */
async function disturb(
  worker: ReturnType<typeof workerProcess>,
  batches: number,
  signal: NodeJS.Signals,
): Promise<void> {
  await worker.logged("Annotating");
  for (let seen = 0; seen < batches;) {
    await Promise.race([
      new Promise((resolve) => setTimeout(resolve, 5)),
      worker.ended().then(() => Promise.reject(new Error("ended"))),
    ]);
    seen = worker.log.filter(({ msg }) => msg === "Annotated a batch").length;
  }
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
  worker.kill(signal);
}

test.run();
