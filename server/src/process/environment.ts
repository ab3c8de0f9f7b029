/** The variables that settings are read from. */
export type Environment = Record<string, string | undefined>;

/** Gives a variable that is set and not empty, without blanks around it. */
export type Variable = (name: string) => string | undefined;

/** Kubernetes manifests often set a variable to the empty string to say "not set". */
export function variableOf(environment: Environment): Variable {
  return (name) => environment[name]?.trim() || undefined;
}

const levels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** LOG_LEVEL: least important messages to log, `info` by default. */
export function logLevel(variable: Variable): string {
  const level = variable("LOG_LEVEL") ?? "info";
  if (levels.includes(level)) return level;
  throw new Error(`LOG_LEVEL is "${level}"; write one of ${levels.join(", ")}`);
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
