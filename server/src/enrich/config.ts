/** What the environment says about a worker. */
export interface EnrichConfig {
  /** CAPTURE_MODEL: the captured model, as namespace/name. */
  model: string;
  /** DATABASE_FOLDER: the folder with the database's `uri` and `ca.crt`, `/database` by default. */
  databaseFolder: string;
  /** MODEL_PATH: the ONNX file of the annotator. */
  modelPath: string;
  /** MODEL_SHA256: digest that the file must have. */
  modelSha256: string | undefined;
  /** BATCH_SIZE: rows of a transaction, 5,000 by default. */
  batchSize: number;
  /**
   * LOCK_SECONDS: how long a worker that is not heard of keeps the rows it took, 60 by default. One
   * that computes is heard of every second.
   */
  lockSeconds: number;
  /** OUTAGE_SECONDS: how long a worker goes on trying to reach the database, 300 by default. */
  outageSeconds: number;
  /** LOG_LEVEL: least important messages to log, `info` by default. */
  logLevel: string;
}

/** The variables that the settings are read from. */
export type Environment = Record<string, string | undefined>;

const levels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** TERMINATION_LOG: the file for the last words, `/dev/termination-log` by default. */
export function terminationLog(environment: Environment = process.env): string {
  return environment["TERMINATION_LOG"] || "/dev/termination-log";
}

/** Reads the settings; throws with a sentence on the first one that cannot be used. */
export function readEnrichConfig(environment: Environment = process.env): EnrichConfig {
  const variable = (name: string) => environment[name]?.trim() || undefined;
  const number = (name: string, otherwise: number, most: number) => {
    const value = Number(variable(name) ?? otherwise);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw new Error(`${name} is "${variable(name)}"; write a whole number from 1 to ${most}`);
  };
  const model = variable("CAPTURE_MODEL");
  if (!model || !/^[^/\s]+\/[^/\s]+$/.test(model)) {
    throw new Error(
      `CAPTURE_MODEL is "${model ?? ""}"; write namespace/name of the ModelDeployment whose sentences are to be annotated`,
    );
  }
  const modelPath = variable("MODEL_PATH");
  if (!modelPath) throw new Error("MODEL_PATH is not set; write the path of the annotator's file");
  const modelSha256 = variable("MODEL_SHA256")?.toLowerCase();
  if (modelSha256 && !/^[0-9a-f]{64}$/.test(modelSha256)) {
    throw new Error(
      `MODEL_SHA256 is "${modelSha256}"; write 64 hexadecimal digits as sha256sum prints them, or leave it out`,
    );
  }
  const logLevel = variable("LOG_LEVEL") ?? "info";
  if (!levels.includes(logLevel)) {
    throw new Error(`LOG_LEVEL is "${logLevel}"; write one of ${levels.join(", ")}`);
  }
  return {
    model,
    modelPath,
    modelSha256,
    logLevel,
    databaseFolder: variable("DATABASE_FOLDER") ?? "/database",
    batchSize: number("BATCH_SIZE", 5000, 100_000),
    lockSeconds: number("LOCK_SECONDS", 60, 3600),
    outageSeconds: number("OUTAGE_SECONDS", 300, 86_400),
  };
}
