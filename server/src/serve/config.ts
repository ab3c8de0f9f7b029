import { existsSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  logLevel,
  modelSha256,
  readNumber,
  readRequired,
  readWord,
  variableOf,
  type Environment,
  type Range,
  type Variable,
  type VariableName,
} from "../process/environment.ts";
import { ports } from "../contract/ports.ts";
import { readServiceName } from "./tracing/service-name.ts";
import { terminationLog } from "../process/termination-message.ts";
import { readCaptureConfig, type CaptureConfig } from "../capture/config.ts";

/** What the environment says; every setting but the model's path has a default. */
export interface Config {
  /** MODEL_PATH: the ONNX file to serve. */
  modelPath: string;
  /** MODEL_NAME: the model's name in `/v2` paths; by default the file's name without ending. */
  modelName: string;
  /** MODEL_SHA256: digest that the file must have; a file with another one is never served. */
  modelSha256: string | undefined;
  /** PORT: where the API listens, 8080 by default; 0 takes any free port. */
  port: number;
  /** OPS_PORT: where probes and metrics listen, 9090 by default; 0 takes any free port. */
  opsPort: number;
  /** GRPC_PORT: where gRPC listens; nowhere unless it is set. 0 takes any free port. */
  grpcPort: number | undefined;
  /** DRAIN_SECONDS: how long requests are still accepted after SIGTERM, 5 by default. */
  drainSeconds: number;
  /** MAX_SENTENCE_LENGTH: most characters that `/api/intent` takes, 1000 by default. */
  maxSentenceLength: number;
  /**
   * INTRA_OP_THREADS: threads that one inference may use; by default as many as the whole CPUs of
   * the container's limit, and 1 without a limit.
   */
  intraOpThreads: number | undefined;
  /**
   * EXECUTION: `inline` runs the model in the thread that answers requests, `thread` in one of its
   * own, so that only its own request waits for a run. `auto`, the default, measures.
   */
  execution: Execution;
  /**
   * MAX_QUEUE_MS: how long a request may wait for its run, 500 by default; one that would wait
   * longer is refused at once with 503. When for a fifth of this time more requests come than the
   * model can answer, those are refused that would wait longer than their own run takes.
   */
  maxQueueMs: number;
  /** LOG_LEVEL: least important messages to log, `info` by default. */
  logLevel: string;
  /**
   * OTEL_SERVICE_NAME: the name under which requests are traced, the model's by default; undefined
   * when they are not. They are where OTEL_TRACES_EXPORTER or an OTLP endpoint is set. OpenTelemetry
   * itself reads all other OTEL_ variables.
   */
  tracedAs: string | undefined;
  /** What is kept in a database; undefined when nothing is. */
  capture: CaptureConfig | undefined;
}

/** Where the model runs. */
export type Execution = (typeof executions)[number];

const executions = ["auto", "inline", "thread"] as const;

/** The file of the termination message. */
export const terminationFile = (): string => terminationLog(process.env);

/** Reads the settings; throws with a sentence on the first one that cannot be used. */
export function readConfig(environment: Environment = process.env): Config {
  const variable = variableOf(environment);
  const modelPath = readRequired(
    variable,
    "MODEL_PATH",
    "write the path of an ONNX file, for example MODEL_PATH=model.onnx",
  );
  const modelName = readModelName(variable, basename(modelPath, extname(modelPath)));
  return {
    modelPath,
    modelName,
    modelSha256: modelSha256(variable),
    execution: readWord(variable, "EXECUTION", "auto", executions),
    ...readPorts(variable),
    drainSeconds: readNumber(variable, "DRAIN_SECONDS", 5, { least: 0, most: 3600, whole: false }),
    maxSentenceLength: readNumber(variable, "MAX_SENTENCE_LENGTH", 1000, { least: 1, most: 1e5 }),
    intraOpThreads: readOptional(variable, "INTRA_OP_THREADS", { least: 1, most: 256 }),
    maxQueueMs: readNumber(variable, "MAX_QUEUE_MS", 500, { least: 1, most: 600_000 }),
    logLevel: logLevel(variable),
    tracedAs: readServiceName(variable, modelName),
    capture: readCaptureConfig(variable),
  };
}

function readModelName(variable: Variable, otherwise: string): string {
  const name = variable("MODEL_NAME") ?? otherwise;
  if (/^[\w][\w.-]*$/.test(name)) return name;
  throw new Error(
    `MODEL_NAME is "${name}"; it becomes part of a path, so write letters, digits, '.', '_' and '-' only`,
  );
}

function readOptional(variable: Variable, name: VariableName, range: Range): number | undefined {
  return variable(name) === undefined ? undefined : readNumber(variable, name, NaN, range);
}

function readPorts(variable: Variable): Pick<Config, "port" | "opsPort" | "grpcPort"> {
  const any = { least: 0, most: 65_535 };
  const port = readNumber(variable, "PORT", ports.api, any);
  const opsPort = readNumber(variable, "OPS_PORT", ports.ops, any);
  const grpcPort = readOptional(variable, "GRPC_PORT", any);
  checkDifferent({ PORT: port, OPS_PORT: opsPort, GRPC_PORT: grpcPort });
  return { port, opsPort, grpcPort };
}

/** Port 0 is a different one each time. */
function checkDifferent(found: Record<string, number | undefined>): void {
  const named = Object.entries(found).filter(([, port]) => port !== undefined && port !== 0);
  for (const [index, [name, port]] of named.entries()) {
    const [other] = named.slice(0, index).find((earlier) => earlier[1] === port) ?? [];
    if (other) throw new Error(`${other} and ${name} are both ${port}; write two different ports`);
  }
}

/**
 * The folder with Swagger UI's files: `swagger-ui/` beside `main.js` where the server was bundled,
 * the npm package where it runs from source.
 *
 * A bundle holds swagger-ui.css, swagger-ui-bundle.js and swagger-ui-standalone-preset.js there.
 * koa2-swagger-ui reads its template from `__dirname`, so a bundle also defines `__dirname` as its
 * own folder and has the package's `dist/index.hbs` beside `main.js`.
 */
export function swaggerFolder(): string {
  const bundled = join(import.meta.dirname, "swagger-ui");
  if (existsSync(bundled)) return bundled;
  return dirname(fileURLToPath(import.meta.resolve("swagger-ui-dist/package.json")));
}
