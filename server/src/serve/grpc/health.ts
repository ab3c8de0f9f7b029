import { status as codes, type ServerWritableStream } from "@grpc/grpc-js";
import { NotFound } from "../../process/errors.ts";
import type { Service } from "../service/service.ts";
import type { Answer } from "./calls.ts";
import { unreadable } from "./messages.ts";

interface HealthRequest {
  service: string;
}

interface HealthResponse {
  status: "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";
}

/** Services with a health status; the empty name is the whole server. */
const services = ["", "inference.GRPCInferenceService"];

/** How the server is, as gRPC's own clients and the probes of Kubernetes ask for it. */
export function check(service: Service): Answer<never> {
  return ({ service: name }: HealthRequest) => {
    if (services.includes(name)) return health(service);
    throw new NotFound(`There is no service "${name}" here; ask for "${services[1]}"`);
  };
}

const health = (service: Service): HealthResponse => ({
  status: service.problem ? "NOT_SERVING" : "SERVING",
});

/** A call that wants to hear of every change. */
export type HealthWatch = ServerWritableStream<HealthRequest, HealthResponse>;

/** The calls that want to hear of every change. */
export class Watchers {
  readonly #service: Service;
  readonly #calls = new Set<HealthWatch>();
  readonly #unsubscribe: () => void;

  constructor(service: Service) {
    this.#service = service;
    this.#unsubscribe = service.onChange(() => {
      for (const call of this.#calls) call.write(health(service));
    });
  }

  /** Tells one call how it is, and from now on when that changes. */
  add(call: HealthWatch): void {
    if ((call.request as unknown) === unreadable) {
      call.emit("error", refusal(codes.INVALID_ARGUMENT, "The message cannot be read"));
      return;
    }
    // The protocol wants such a call to stay: the service may be there later.
    if (!services.includes(call.request.service)) return void call.write(unknown);
    call.write(health(this.#service));
    this.#calls.add(call);
    call.once("cancelled", () => this.#calls.delete(call));
  }

  /** Ends all calls; nothing will change any more. */
  end(): void {
    this.#unsubscribe();
    for (const call of this.#calls) {
      call.emit("error", refusal(codes.UNAVAILABLE, "The server is shutting down"));
    }
  }
}

const unknown: HealthResponse = { status: "SERVICE_UNKNOWN" };

const refusal = (code: codes, details: string) => Object.assign(new Error(details), { code });
