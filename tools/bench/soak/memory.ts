import { Connection } from "./connection.ts";

/** What a server holds at a moment. */
export interface Sample {
  /** How many requests had been sent. */
  requests: number;
  /** Bytes of the process in memory. */
  rss: number;
  /** Bytes that JavaScript objects take, with garbage that was not collected yet. */
  heap: number;
  /** Open files and sockets. */
  files: number;
}

/** Reads the metrics of a server. */
export async function sample(opsPort: number, requests: number): Promise<Sample> {
  // A connection of its own: ones that are kept would be counted among the open files.
  const connection = await Connection.open(opsPort);
  const { body } = await connection.ask(
    Buffer.from("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  );
  connection.close();
  const text = body.toString();
  const value = (name: string) => Number(new RegExp(`^${name} (.+)$`, "m").exec(text)?.[1]);
  return {
    requests,
    rss: value("process_resident_memory_bytes"),
    heap: value("nodejs_heap_size_used_bytes"),
    files: value("process_open_fds"),
  };
}

/** Bytes that a quantity grows by with each request: the slope of a line through the samples. */
export function growth(samples: Sample[], quantity: "rss" | "heap"): number {
  const x = samples.map(({ requests }) => requests);
  const y = samples.map((one) => one[quantity]);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [middleX, middleY] = [mean(x), mean(y)];
  const along = x.map((value) => value - middleX);
  const covariance = mean(along.map((value, index) => value * ((y[index] ?? 0) - middleY)));
  return covariance / mean(along.map((value) => value ** 2));
}
