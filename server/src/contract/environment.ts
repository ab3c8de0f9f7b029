/**
 * The environment variables of the programs in the server image, by name; what each means stands in
 * the configuration of the program that reads it.
 */
export type ServerVariable = Model | Serving | Capturing | Fetching | Enriching | General;

type General = "LOG_LEVEL" | "TERMINATION_LOG";

type Model = "MODEL_PATH" | "MODEL_NAME" | "MODEL_SHA256";

type Serving =
  | "PORT"
  | "OPS_PORT"
  | "GRPC_PORT"
  | "DRAIN_SECONDS"
  | "MAX_SENTENCE_LENGTH"
  | "INTRA_OP_THREADS"
  | "EXECUTION"
  | "MAX_QUEUE_MS";

type Capturing =
  | "CAPTURE_MODEL"
  | "CAPTURE_SAMPLE"
  | "CAPTURE_FIELDS"
  | "CAPTURE_RETENTION_SECONDS"
  | "CAPTURE_REDACT"
  | "DATABASE_FOLDER";

type Fetching = "MODEL_URL" | "MODEL_MAX_BYTES" | "MODEL_HEADER_NAME" | "MODEL_HEADER_VALUE";

type Enriching = "BATCH_SIZE" | "LOCK_SECONDS" | "OUTAGE_SECONDS";

/** Where a pod has the Secret of its database: the files `uri` and, if there is one, `ca.crt`. */
export const databaseFolder = "/database";

/** A variable as a container has it. */
export function setting(name: ServerVariable, value: string): { name: string; value: string } {
  return { name, value };
}
