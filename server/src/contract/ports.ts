/** Where a server listens by default, and in every pod. */
export const ports = {
  /** HTTP: inference, OpenAPI, health. */
  api: 8080,
  /** gRPC; only where the spec asks for it. */
  grpc: 8081,
  /** Probes, metrics, and what the operator asks. */
  ops: 9090,
} as const;
