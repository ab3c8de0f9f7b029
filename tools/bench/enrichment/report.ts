import { table } from "../lib/markdown.ts";
import { measuredOn } from "../lib/provenance.ts";
import { median, range, show } from "../lib/statistics.ts";
import type { Place, Queue, Results, Round } from "./results.ts";

/** What was found out, in Markdown. */
export function report(results: Results): string {
  const { versions, load, rounds, queues } = results;
  return [
    `${measuredOn(results)}; Node ${versions.node.slice(1)}, PostgreSQL ${versions.postgres}. ` +
      `${rounds.length} rounds; load average ${load.before.toFixed(1)} before, ` +
      `${load.after.toFixed(1)} after. Two numbers are the least and the greatest of the rounds; ` +
      "ratios are taken within a round.",
    ratesTable(rounds),
    ...(queues.length > 0 ? [queuesTable(queues), ...queues.map(plan)] : []),
  ].join("\n\n");
}

function ratesTable(rounds: Round[]): string {
  const row = (title: string, name: keyof Round) => {
    const own = show(range(rounds.map((round) => round[name])));
    const ratio = rounds.map((round) => round.bulk / round[name]);
    return [title, own, name === "bulk" ? "" : `${show(range(ratio), 1)} x`];
  };
  return table(
    ["way", "rows/s", "bulk ÷ this"],
    [
      row("one worker, batches of 5,000: read, annotated, written", "bulk"),
      row("one row at a time: read, asked for over HTTP, written", "loop"),
      row("one request at a time over HTTP, and nothing else", "http"),
    ],
  );
}

function queuesTable(queues: Queue[]): string {
  const row = (queue: Queue, { left, takes, newcomer }: Place) => {
    const cells = [queue.rows, left].map((count) => count.toLocaleString("en"));
    const times = [median(takes), Math.max(...takes), ...newcomer].map((time) => time.toFixed(0));
    return [...cells, ...times];
  };
  const head = [
    "queue",
    "left",
    "a batch of 5,000, median of 20, ms",
    "longest, ms",
    "new worker, ms",
    "once more, ms",
  ];
  const rows = queues.flatMap((queue) => queue.places.map((place) => row(queue, place)));
  return [
    table(head, rows, 0),
    "",
    ...queues.map(
      (queue) =>
        `Queueing ${queue.rows.toLocaleString("en")} sentences for a new annotator took ` +
        `${queue.backfill.toFixed(0)} s.`,
    ),
  ].join("\n");
}

function plan({ rows, places }: Queue): string {
  const middle = places[1];
  if (!middle) return "";
  const title = `The plan in the middle of ${rows.toLocaleString("en")} rows:`;
  return `${title}\n\n\`\`\`text\n${middle.plan}\n\`\`\``;
}
