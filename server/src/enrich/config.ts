import { terminationLog } from "../process/termination-message.ts";
import {
  capturedModel,
  readDatabaseFolder,
  logLevel,
  modelSha256,
  readNumber,
  readRequired,
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
  const upTo = (most: number) => ({ least: 1, most });
  readRequired(
    variable,
    "CAPTURE_MODEL",
    "write namespace/name of the ModelDeployment whose sentences are to be annotated",
  );
  return {
    model: capturedModel(variable) as string,
    modelPath: readRequired(variable, "MODEL_PATH", "write the path of the annotator's file"),
    modelSha256: modelSha256(variable),
    logLevel: logLevel(variable),
    databaseFolder: readDatabaseFolder(variable),
    batchSize: readNumber(variable, "BATCH_SIZE", 5000, upTo(100_000)),
    lockSeconds: readNumber(variable, "LOCK_SECONDS", 60, upTo(3600)),
    outageSeconds: readNumber(variable, "OUTAGE_SECONDS", 300, upTo(86_400)),
  };
}
