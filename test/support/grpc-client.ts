import {
  credentials,
  loadPackageDefinition,
  Metadata,
  type CallOptions,
  type Client,
  type ClientReadableStream,
  type ServiceClientConstructor,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

/** What a message looks like here: fields as in the file, 64 bit integers as texts. */
export type Message = Record<string, unknown>;

/** How a call ended. */
export interface Reply {
  code: number;
  details: string;
  /** Undefined when the call failed. */
  message: Message | undefined;
}

/** A client of the Open Inference Protocol and of gRPC's health checks. */
export interface GrpcClient {
  call: (method: string, request: Message, options?: Options) => Promise<Reply>;
  watch: (service: string) => ClientReadableStream<Message>;
  close: () => void;
}

/** What a call can have beside its request. */
export interface Options extends CallOptions {
  metadata?: Record<string, string>;
}

type Unary = (
  request: Message,
  metadata: Metadata,
  options: CallOptions,
  done: (error: ServiceError | null, message?: Message) => void,
) => void;

const services = loadPackageDefinition(
  loadSync(["server/src/serve/grpc/inference.proto", "server/src/serve/grpc/health.proto"], {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: false,
  }),
) as unknown as {
  inference: { GRPCInferenceService: ServiceClientConstructor };
  grpc: { health: { v1: { Health: ServiceClientConstructor } } };
};

/** A client with a connection of its own. */
export function grpcClient(address: string | undefined, settings: object = {}): GrpcClient {
  if (!address) throw new Error("The server has no port for gRPC; set GRPC_PORT");
  const options = { "grpc.use_local_subchannel_pool": 1, ...settings };
  const make = (constructor: ServiceClientConstructor) =>
    new constructor(address, credentials.createInsecure(), options) as Client &
      Record<string, unknown>;
  const inference = make(services.inference.GRPCInferenceService);
  const health = make(services.grpc.health.v1.Health);
  return {
    call: (method, request, { metadata = {}, ...options } = {}) => {
      const client = method === "Check" ? health : inference;
      const head = new Metadata();
      for (const [name, value] of Object.entries(metadata)) head.set(name, value);
      return new Promise((resolve) => {
        const send = (client[method] as Unary).bind(client);
        send(request, head, options, (error, message) =>
          resolve({ code: error?.code ?? 0, details: error?.details ?? "", message }),
        );
      });
    },
    watch: (service) =>
      (health["Watch"] as (request: Message) => ClientReadableStream<Message>).call(health, {
        service,
      }),
    close: () => {
      inference.close();
      health.close();
    },
  };
}
