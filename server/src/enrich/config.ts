import { terminationLog } from "../process/termination-message.ts";
import {
  capturedModel,
  logLevel,
  modelSha256,
  variableOf,
  type Environment,
} from "../process/environment.ts";

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

/** The file of the termination message. */
export const terminationFile = (): string => terminationLog(process.env);

/** Reads the settings; throws with a sentence on the first one that cannot be used. */
export function readEnrichConfig(environment: Environment = process.env): EnrichConfig {
  const variable = variableOf(environment);
  const number = (name: string, otherwise: number, most: number) => {
    const value = Number(variable(name) ?? otherwise);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw new Error(`${name} is "${variable(name)}"; write a whole number from 1 to ${most}`);
  };
  const model = capturedModel(variable);
  if (model === undefined) {
    throw new Error(
      "CAPTURE_MODEL is not set; write namespace/name of the ModelDeployment whose sentences are to be annotated",
    );
  }
  const modelPath = variable("MODEL_PATH");
  if (!modelPath) throw new Error("MODEL_PATH is not set; write the path of the annotator's file");
  return {
    model,
    modelPath,
    modelSha256: modelSha256(variable),
    logLevel: logLevel(variable),
    databaseFolder: variable("DATABASE_FOLDER") ?? "/database",
    batchSize: number("BATCH_SIZE", 5000, 100_000),
    lockSeconds: number("LOCK_SECONDS", 60, 3600),
    outageSeconds: number("OUTAGE_SECONDS", 300, 86_400),
  };
}
