import { setTimeout as wait } from "node:timers/promises";
import type { GrpcListener } from "./grpc/server.ts";
import { createApi, createOps, type Parts } from "./http/app.ts";
import type { UnservableReason } from "../contract/ops.ts";
import { startCapture } from "../capture/start.ts";
import { swaggerFolder, type Config } from "./config.ts";
import { Unservable } from "../model/unservable.ts";
import { listen } from "./http/listen.ts";
import type { Logger } from "../process/log.ts";
import { createMetrics } from "./service/metrics.ts";
import { prepare, type Prepared } from "./prepare.ts";
import { Service } from "./service/service.ts";
import { startTracing } from "./tracing/start.ts";
import { maxBodyBytes } from "./http/routes/inference.ts";

/** A running server. */
export interface Server {
  /** Where the API listens. */
  port: number;
  /** Where probes and metrics listen. */
  opsPort: number;
  /** Where gRPC listens; undefined when it is off. */
  grpcPort: number | undefined;
  /** Resolves when the model serves, or when it is known that it will not. */
  loaded: Promise<void>;
  /** Says that it is not ready, serves on for a while, answers what is open, and stops. */
  end: () => Promise<void>;
}

/** Starts a server and loads its model; throws when a port is not free. */
export async function startServer(config: Config, log: Logger): Promise<Server> {
  const { modelName, maxSentenceLength } = config;
  const service = new Service(modelName);
  const metrics = createMetrics();
  const tracing = await startTracing(config.tracedAs, log);
  const capture = await startCapture(config.capture, log, metrics.registry);
  const parts: Parts = {
    service,
    metrics,
    log,
    tracing,
    capture,
    maxSentenceLength,
    swaggerFolder: swaggerFolder(),
  };
  const ops = await listen(createOps(parts).callback(), {
    port: config.opsPort,
    // So that files are left for the API; probes and scrapers are few.
    limits: { connections: 64 },
  });
  const api = await listen(createApi(parts).callback(), {
    port: config.port,
    // A character is at most twelve bytes of an address: four times "%XX".
    maxHeaderSize: 16_384 + 12 * maxSentenceLength,
  });
  const grpc = await startGrpc(config, parts);
  log.info({ port: api.port, opsPort: ops.port, grpcPort: grpc?.port }, "Listening");
  const loading = load(config, parts, api.port);
  return {
    port: api.port,
    opsPort: ops.port,
    grpcPort: grpc?.port,
    loaded: loading.then(() => undefined),
    end: async () => {
      service.end();
      // Clients go on connecting until they have all heard that this server is not ready.
      await wait(config.drainSeconds * 1000);
      await Promise.all([api.close(), grpc?.close()]);
      await Promise.all([ops.close(), capture?.end()]);
      await (await loading)?.model.close();
      await tracing?.end();
    },
  };
}

/** Its libraries cost nothing where gRPC is off, for they are loaded here. */
async function startGrpc({ grpcPort }: Config, parts: Parts): Promise<GrpcListener | undefined> {
  if (grpcPort === undefined) return undefined;
  const { listenGrpc } = await import("./grpc/server.ts");
  return listenGrpc({ ...parts, port: grpcPort, maxMessageBytes: maxBodyBytes });
}

/** What to check where the settings may be wrong; the operator tells it in fields of the spec. */
const advice: Partial<Record<UnservableReason, string>> = {
  ModelNotFound: "; check MODEL_PATH",
  DigestMismatch: "; check MODEL_SHA256",
};

/** Makes the service ready, or says in its place why it is not. */
async function load(config: Config, parts: Parts, port: number): Promise<Prepared | undefined> {
  const { service, log } = parts;
  try {
    const prepared = await prepare(config, parts);
    service.serve(prepared.serving);
    const { loadSeconds, warmUpSeconds } = prepared.serving;
    const docs = `http://localhost:${port}/api/docs`;
    const { execution } = prepared.model;
    log.info(
      { loadSeconds, warmUpSeconds, execution, docs },
      `Serving the model "${service.name}"`,
    );
    return prepared;
  } catch (error) {
    const reason = error instanceof Unservable ? error.reason : "ModelLoadFailed";
    service.fail({ reason, message: (error as Error).message });
    log.error({ err: error, reason }, `Could not load the model${advice[reason] ?? ""}`);
    return undefined;
  }
}
