import * as assert from "uvu/assert";
import {
  account,
  capture,
  createQueueDatabase,
  sentences,
  workerProcess,
  type WorkerProcess,
  type QueueDatabase,
} from "../../../tools/support/annotation-queue.ts";

const workers = 4;

/**
 * Has four workers annotate, and ends each of them several times, most without a chance to notice,
 * before the last ones finish. Compares what is in the database with what has to be there.
 *
 * @param rounds how often each worker is ended and another one started in its place
 */
export async function annotateWithCasualties(rows: number, rounds: number): Promise<void> {
  const world = await createQueueDatabase();
  try {
    for (let start = 0; start < rows; start += 10_000) {
      const some = sentences(Math.min(10_000, rows - start), `Un hôtel ${start}`);
      await capture(world.connection, some);
    }
    const lanes = Array.from({ length: workers }, (_, lane) => lane);
    await Promise.all(lanes.map(async (lane) => work(world, lane, rounds, Math.ceil(rows / 200))));
    assert.equal(await account(world.connection), {
      examples: rows,
      annotations: rows,
      refusals: 0,
      pending: 0,
      batches: rows,
      counted: [{ enriched: rows, refused: 0, pending: 0 }],
    });
  } finally {
    await world.end();
  }
}

/** Starts workers one after the other; only the last one ends because nothing is pending. */
async function work(
  { postgres }: QueueDatabase,
  lane: number,
  rounds: number,
  batchSize: number,
): Promise<void> {
  for (let round = 0; round <= rounds; round++) {
    const worker = workerProcess(postgres, { BATCH_SIZE: String(batchSize) });
    const signal = (lane + round) % 3 === 0 ? "SIGTERM" : "SIGKILL";
    if (round < rounds) await disturb(worker, round % 3, signal);
    const expected = signal === "SIGTERM" ? 143 : signal;
    assert.is(await worker.ended(), round < rounds ? expected : 0, worker.words());
  }
}

/** Signals a worker after some batches, at a moment that nobody chose. */
async function disturb(
  worker: WorkerProcess,
  batches: number,
  signal: NodeJS.Signals,
): Promise<void> {
  await worker.logged("Annotating");
  const seen = () => worker.log.filter(({ msg }) => msg === "Annotated a batch");
  while (seen().length < batches) await new Promise((resolve) => setTimeout(resolve, 5));
  const seconds = Number(seen().at(-1)?.["seconds"] ?? 0.03);
  await new Promise((resolve) => setTimeout(resolve, 2000 * seconds * Math.random()));
  worker.kill(signal);
}
