import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { readConfig } from "../../server/src/serve/config.ts";
import type { Environment } from "../../server/src/process/environment.ts";
import { startServer } from "../../server/src/serve/server.ts";

/** A server of a test, in the test's own process and on ports of its own. */
export interface ModelServer {
  /** Address of the API. */
  url: string;
  /** Address of probes and metrics. */
  ops: string;
  /** Host and port of gRPC; undefined when it is off. */
  grpc: string | undefined;
  /** The model's file. */
  file: string;
  /** What the server logged. */
  log: LogLine[];
  end: () => Promise<void>;
}

/** A line of the log; `level` is a word. */
export interface LogLine {
  level: string;
  msg: string;
  [field: string]: unknown;
}

/** Lets a test use a server and ends it, whatever becomes of the test. */
export async function withServer(
  model: Uint8Array | undefined,
  use: (server: ModelServer) => Promise<void>,
  environment: Environment = {},
): Promise<void> {
  const server = await modelServer(model, environment);
  try {
    await use(server);
  } finally {
    await server.end();
  }
}

/** Starts a server with the bytes of a model, named `test`, and waits until it has been loaded. */
export async function modelServer(
  model: Uint8Array | undefined,
  environment: Environment = {},
): Promise<ModelServer> {
  const folder = mkdtempSync(join(tmpdir(), "intendant-model-"));
  const file = join(folder, "test.onnx");
  if (model) writeFileSync(file, model);
  const config = readConfig({
    MODEL_PATH: file,
    PORT: "0",
    OPS_PORT: "0",
    DRAIN_SECONDS: "0",
    ...environment,
  });
  const log: LogLine[] = [];
  const write = (line: string) => void log.push(JSON.parse(line) as LogLine);
  const formatters = { level: (label: string) => ({ level: label }) };
  const server = await startServer(config, pino({ level: config.logLevel, formatters }, { write }));
  await server.loaded;
  return {
    url: `http://localhost:${server.port}`,
    ops: `http://localhost:${server.opsPort}`,
    grpc: server.grpcPort === undefined ? undefined : `localhost:${server.grpcPort}`,
    file,
    log,
    end: async () => {
      await server.end();
      rmSync(folder, { recursive: true });
    },
  };
}
