import { range, show } from "../lib/statistics.ts";
import type { Place, Queue, Results, Round } from "./results.ts";

/** What was found out, in Markdown. */
export function report(results: Results): string {
  const { measuredAt, commit, machine, versions, load, rounds, queues } = results;
  const { before, after } = load;
  return [
    `Measured on ${measuredAt.slice(0, 10)} at commit \`${commit}\`: ${machine}; Node ${versions.node.slice(1)}, PostgreSQL ${versions.postgres}. ${rounds.length} rounds; load average ${before.toFixed(1)} before, ${after.toFixed(1)} after. Two numbers are the least and the greatest of the rounds; ratios are taken within a round.`,
    paces(rounds),
    ...(queues.length > 0 ? [places(queues), ...queues.map(plan)] : []),
  ].join("\n\n");
}

function paces(rounds: Round[]): string {
  const row = (title: string, name: keyof Round) => {
    const own = show(range(rounds.map((round) => round[name])));
    const ratio = rounds.map((round) => round.bulk / round[name]);
    return `| ${title} | ${own} | ${name === "bulk" ? "" : `${show(range(ratio), 1)} x`} |`;
  };
  return [
    "| way | rows/s | bulk ÷ this |",
    "| --- | ---: | ---: |",
    row("one worker, batches of 5,000: read, annotated, written", "bulk"),
    row("one row at a time: read, asked for over HTTP, written", "loop"),
    row("one request at a time over HTTP, and nothing else", "http"),
  ].join("\n");
}

function places(queues: Queue[]): string {
  const row = (queue: Queue, { left, takes, newcomer }: Place) => {
    const sorted = takes.toSorted((a, b) => a - b);
    const median = sorted[sorted.length >> 1] ?? NaN;
    const cells = [queue.rows, left].map((count) => count.toLocaleString("en"));
    const times = [median, sorted.at(-1) ?? NaN, ...newcomer].map((time) => time.toFixed(0));
    return `| ${[...cells, ...times].join(" | ")} |`;
  };
  return [
    "| queue | left | a batch of 5,000, median of 20, ms | longest, ms | new worker, ms | once more, ms |",
    "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ...queues.flatMap((queue) => queue.places.map((place) => row(queue, place))),
    "",
    ...queues.map(
      ({ rows, backfill }) =>
        `Queueing ${rows.toLocaleString("en")} sentences for a new annotator took ${backfill.toFixed(0)} s.`,
    ),
  ].join("\n");
}

function plan({ rows, places }: Queue): string {
  const middle = places[1];
  if (!middle) return "";
  const title = `The plan in the middle of ${rows.toLocaleString("en")} rows:`;
  return `${title}\n\n\`\`\`text\n${middle.plan}\n\`\`\``;
}
