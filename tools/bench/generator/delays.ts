import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Percentiles } from "./samples.ts";

const shortest = 40;
const longest = 240;

/**
 * The delay of an answer in milliseconds. They are spread evenly, and any of them that follow one
 * another are, too (multiples of the golden ratio are): so the percentiles of every part of a load
 * are known.
 */
export function delay(number: number): number {
  const share = (number * (Math.sqrt(5) - 1)) / 2;
  return shortest + (longest - shortest) * (share % 1);
}

/** The percentiles of the delays. */
export function knownLatency(): Percentiles {
  const below = (share: number) => shortest + (longest - shortest) * share;
  return { p50: below(0.5), p95: below(0.95), p99: below(0.99) };
}

/** A server that is measured. */
export interface Served {
  url: string;
  close: () => Promise<void>;
}

/**
 * Answers like an intent classifier, each time after a delay. Every generator, known by its
 * User-Agent, gets all the delays.
 */
export async function delayingServer(): Promise<Served> {
  const numbers = new Map<string, number>();
  const answer = JSON.stringify([{ intent: "purchase", probability: 1 }]);
  const server = createServer({ keepAliveTimeout: 620_000 }, ({ url, headers }, response) => {
    if (!url?.startsWith("/api/intent?")) {
      response.end('["fr-FR"]');
      return;
    }
    const generator = headers["user-agent"] ?? "";
    const number = numbers.get(generator) ?? 0;
    numbers.set(generator, number + 1);
    setTimeout(() => response.end(answer), delay(number));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
