import {
  logVerbosity,
  Server,
  ServerCredentials,
  setLogVerbosity,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { Service } from "../service/service.ts";
import { unary, type Observers } from "./calls.ts";
import { check, Watchers, type HealthWatch } from "./health.ts";
import { inferenceMethods } from "./inference.ts";
import { loadServices } from "./messages.ts";

/** How gRPC is served. */
export interface GrpcOptions extends Omit<Observers, "open"> {
  /** 0 takes any free port. */
  port: number;
  service: Service;
  /** Bytes that a request may have, also after it was decompressed. */
  maxMessageBytes: number;
}

/** Where gRPC is served. */
export interface GrpcListener {
  port: number;
  /** Stops accepting calls and resolves when every one was answered. */
  close: () => Promise<void>;
}

/** Milliseconds for the last answer to reach its client. */
const longestQuietMs = 3000;

/**
 * Serves the Open Inference Protocol and gRPC's health checks; resolves when it listens.
 *
 * https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_grpc.md
 */
export async function listenGrpc(options: GrpcOptions): Promise<GrpcListener> {
  const { service, port, maxMessageBytes } = options;
  // Its errors are thrown as well, so they need no line on the standard error.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    "grpc.max_receive_message_length": maxMessageBytes,
    // A client that stays with one connection stays with one pod. It is told to reconnect now and
    // then, so that pods that came later get their share; what is under way is answered before.
    "grpc.max_connection_age_ms": 300_000,
    // As long as a request of HTTP may take to arrive.
    "grpc.max_connection_age_grace_ms": 60_000,
    // Each may hold a message of the largest size.
    "grpc.max_concurrent_streams": 256,
    "grpc.keepalive_time_ms": 300_000,
  });
  const services = loadServices();
  const watchers = new Watchers(service);
  const observers: Observers = { ...options, open: new Set() };
  server.addService(
    services.inference,
    all(services.inference, inferenceMethods(service), observers),
  );
  server.addService(services.health, {
    // Traces full of checks would help no reader.
    Check: unary("Check", check(service), { ...observers, tracing: undefined }),
    Watch: (call: HealthWatch) => watchers.add(call),
  });
  const bound = await bind(server, port);
  return {
    port: bound,
    close: async () => {
      watchers.end();
      await shutdown(server, observers.open);
    },
  };
}

/** Lets connections end with their last call, and those that never bring one after a while. */
async function shutdown(server: Server, open: Set<object>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  // Says GOAWAY on every connection and waits for the calls on it.
  server.tryShutdown(() => resolve());
  let quietSince = performance.now();
  const timer = setInterval(() => {
    if (open.size > 0) quietSince = performance.now();
    if (performance.now() - quietSince < longestQuietMs) return;
    server.forceShutdown();
    // A connection that never spoke HTTP/2 is not known as one, and would be waited for.
    resolve();
  }, 100);
  await promise;
  clearInterval(timer);
}

function all(
  definition: ServiceDefinition,
  methods: ReturnType<typeof inferenceMethods>,
  observers: Observers,
): UntypedServiceImplementation {
  const handlers = Object.keys(definition).map((name) => {
    const answer = methods[name];
    if (!answer) throw new Error(`Nothing answers ${name}`);
    return [name, unary(name, answer, observers)] as const;
  });
  return Object.fromEntries(handlers);
}

/** Listens for IPv6 and IPv4, or for IPv4 alone on a machine without IPv6. */
async function bind(server: Server, port: number): Promise<number> {
  const credentials = ServerCredentials.createInsecure();
  const attempt = async (address: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    server.bindAsync(`${address}:${port}`, credentials, (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
    return promise;
  };
  try {
    return await attempt("[::]").catch(async () => attempt("0.0.0.0"));
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`Could not listen on port ${port}: ${message}; choose another GRPC_PORT`, {
      cause: error,
    });
  }
}
