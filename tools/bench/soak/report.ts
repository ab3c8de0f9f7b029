import { growth, type Sample } from "./memory.ts";
import type { Outcome } from "./soak.ts";

/**
 * Most bytes that memory may grow by with each request of the second half. A leaked object takes
 * more, even an empty one in a list; what a line through garbage collections shows by chance is
 * less.
 */
const bound = 16;

/** Most requests out of a hundred that may be refused because the server is too busy. */
const mostBusy = 1;

/**
 * What a server did wrong under the load; empty when it kept every bound.
 *
 * @param isWarm whether there were so many requests that memory may not grow any more
 */
export function problems(outcome: Outcome, { isWarm = true } = {}): string[] {
  const { samples, busy, wrong, complaints } = outcome;
  const [first, last] = [samples[0] as Sample, samples.at(-1) as Sample];
  const grown = (["rss", "heap"] as const)
    .map((quantity) => ({ quantity, bytes: growth(secondHalf(samples), quantity) }))
    .filter(({ bytes }) => bytes > bound)
    .map(({ quantity, bytes }) => `${quantity} grew by ${bytes.toFixed(1)} bytes a request`);
  return [
    ...(isWarm ? grown : []),
    ...(last.files > first.files ? [`${last.files - first.files} files stayed open`] : []),
    ...(busy > (total(outcome) * mostBusy) / 100 ? [`${busy} requests were refused`] : []),
    ...(wrong > 0 ? [`Wrong answers: ${wrong}`, ...complaints] : []),
  ];
}

/** A table of the samples, at most a dozen of them, and what follows from all. */
export function report(outcome: Outcome): string {
  const { samples, sent, seconds, busy, wrong } = outcome;
  const requests = total(outcome);
  const step = Math.ceil(samples.length / 11);
  const shown = samples.filter((_, index) => index % step === 0 || index === samples.length - 1);
  const half = secondHalf(samples);
  return [
    "| requests | RSS, MiB | heap, MiB | open files |",
    "| -------: | -------: | --------: | ---------: |",
    ...shown.map(row),
    "",
    `${requests} requests in ${Math.round(seconds)} s, ${Math.round(requests / seconds)} a second; ${busy} refused with Retry-After, ${wrong} wrong answers`,
    `Sent: ${Object.entries(sent)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(", ")}`,
    `Growth over the second half, bytes a request: RSS ${growth(half, "rss").toFixed(1)}, heap ${growth(half, "heap").toFixed(1)}; the bound is ${bound}`,
  ].join("\n");
}

const total = ({ sent }: Outcome) => Object.values(sent).reduce((sum, count) => sum + count, 0);

function row({ requests, rss, heap, files }: Sample): string {
  const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
  return `| ${requests} | ${mebibytes(rss)} | ${mebibytes(heap)} | ${files} |`;
}

/** The last sample is of an idle server, and says nothing about growth. */
const secondHalf = (samples: Sample[]) => samples.slice(Math.floor(samples.length / 2), -1);
