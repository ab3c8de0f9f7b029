import { databaseFolder, type ServerVariable } from "../contract/environment.ts";

/** The variables that settings are read from. */
export type Environment = Record<string, string | undefined>;

/** The name of a variable; those of OpenTelemetry it mostly reads itself. */
export type VariableName = ServerVariable | `OTEL_${string}`;

/** Gives a variable that is set and not empty, without blanks around it. */
export type Variable = (name: VariableName) => string | undefined;

/** Kubernetes manifests often set a variable to the empty string to say "not set". */
export function variableOf(environment: Environment): Variable {
  return (name) => environment[name]?.trim() || undefined;
}

/** Numbers that a variable may have. */
export interface Range {
  least: number;
  most: number;
  /** Whether fractions are refused, which they are unless said. */
  whole?: boolean;
}

/** A number; throws where it is not in the range. */
export function readNumber(
  variable: Variable,
  name: VariableName,
  otherwise: number,
  { least, most, whole = true }: Range,
): number {
  const text = variable(name);
  const value = Number(text ?? otherwise);
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  const kind = whole ? "whole number" : "number";
  throw new Error(`${name} is "${text}"; write a ${kind} from ${least} to ${most}`);
}

/** One of a few words; throws for any other. */
export function readWord<Word extends string>(
  variable: Variable,
  name: VariableName,
  otherwise: Word,
  words: readonly Word[],
): Word {
  const text = variable(name) ?? otherwise;
  const word = words.find((known) => known === text);
  if (word !== undefined) return word;
  throw new Error(`${name} is "${text}"; write one of ${words.join(", ")}`);
}

/**
 * A variable that has to be set.
 *
 * @param advice what to write, as the end of a sentence
 */
export function readRequired(variable: Variable, name: VariableName, advice: string): string {
  const text = variable(name);
  if (text !== undefined) return text;
  throw new Error(`${name} is not set; ${advice}`);
}

const levels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/** LOG_LEVEL: least important messages to log, `info` by default. */
export function logLevel(variable: Variable): string {
  return readWord(variable, "LOG_LEVEL", "info", levels);
}

/** MODEL_SHA256: digest that the model's file must have; undefined where it may have any. */
export function modelSha256(variable: Variable): string | undefined {
  const sha256 = variable("MODEL_SHA256")?.toLowerCase();
  if (sha256 === undefined || /^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw new Error(
    `MODEL_SHA256 is "${sha256}"; write 64 hexadecimal digits as sha256sum prints them, or leave it out`,
  );
}

/** CAPTURE_MODEL: the captured model, as namespace/name of its ModelDeployment. */
export function capturedModel(variable: Variable): string | undefined {
  const model = variable("CAPTURE_MODEL");
  if (model === undefined || /^[a-z0-9.-]+\/[a-z0-9.-]+$/.test(model)) return model;
  throw new Error(
    `CAPTURE_MODEL is "${model}"; write namespace/name of the ModelDeployment, for example CAPTURE_MODEL=demo/intent-fr`,
  );
}

/** DATABASE_FOLDER: the folder with the database's `uri` and `ca.crt`, `/database` by default. */
export function readDatabaseFolder(variable: Variable): string {
  return variable("DATABASE_FOLDER") ?? databaseFolder;
}
