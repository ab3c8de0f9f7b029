import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serverImage } from "../lib/shipped-server.ts";
import { modelFiles, trainOriginal, work, type QuestionKind } from "./prepare.ts";
import { installedPython, pythonFolder, pythonSources } from "./python.ts";
import type { ModelName } from "./results.ts";

/** A server that is measured. */
export interface Server {
  /** As --only takes it. */
  name: string;
  /** As the tables call it. */
  title: string;
  /** What it is asked with each model that it can serve. */
  questions: Partial<Record<ModelName, QuestionKind>>;
  /** Makes what it needs, and says how to start it. */
  prepare: () => Promise<Startable>;
}

/** A server that can be started. */
export interface Startable {
  /** How to start it with a model; `ports` are free ones, and the API belongs on the first. */
  command: (model: ModelName, ports: Ports) => Command;
  /** What has to be installed for it, as files and folders. */
  installed: string[];
}

/** Free ports. */
export type Ports = [number, number, number];

/** A process to start. */
export interface Command {
  program: string;
  args: string[];
  /** All of its environment but PATH and HOME. */
  env: Record<string, string>;
  cwd: string;
}

/** All servers, in the order in which they take their turns. */
export const servers: Server[] = [
  {
    name: "intendant",
    title: "Intendant",
    questions: { "intent-fr": "intent", tiny: "numbers" },
    prepare: intendant,
  },
  {
    name: "plain",
    title: "node:http, nothing else",
    questions: { "intent-fr": "intent", tiny: "numbers" },
    prepare: plain,
  },
  {
    name: "fastapi",
    title: "FastAPI, uvicorn",
    questions: { "intent-fr": "intent", tiny: "numbers" },
    prepare: fastapi,
  },
  {
    name: "mlserver",
    title: "MLServer",
    questions: { "intent-fr": "sentence", tiny: "numbers" },
    prepare: () => mlserver("mlserver", {}),
  },
  {
    name: "mlserver-in-process",
    title: "MLServer, `parallel_workers: 0`",
    questions: { "intent-fr": "sentence", tiny: "numbers" },
    prepare: () => mlserver("mlserver-in-process", { parallel_workers: 0 }),
  },
  {
    name: "bentoml",
    title: "BentoML",
    questions: { "intent-fr": "posted-intent", tiny: "numbers" },
    prepare: bentoml,
  },
  {
    name: "original-waitress",
    title: "bottle, spaCy, waitress",
    questions: { "intent-fr": "original" },
    prepare: () => original("waitress"),
  },
  {
    name: "original-wsgiref",
    title: "bottle, spaCy, wsgiref",
    questions: { "intent-fr": "original" },
    prepare: () => original("wsgiref"),
  },
];

async function intendant(): Promise<Startable> {
  const cwd = join(work, "server");
  const { env, args } = serverImage();
  const command = (model: ModelName, [port, opsPort]: Ports): Command => ({
    program: process.execPath,
    args,
    env: {
      ...env,
      MODEL_PATH: modelFiles[model],
      PORT: String(port),
      OPS_PORT: String(opsPort),
      // The series sends nothing more to a server that it ends.
      DRAIN_SECONDS: "0",
    },
    cwd,
  });
  return { command, installed: [process.execPath, cwd, modelFiles["intent-fr"]] };
}

async function plain(): Promise<Startable> {
  const cwd = join(work, "plain");
  const command = (model: ModelName, [port]: Ports): Command => ({
    program: process.execPath,
    args: ["main.js"],
    env: {
      NODE_ENV: "production",
      ORT_DISABLE_TELEMETRY: "1",
      MODEL_PATH: modelFiles[model],
      PORT: String(port),
    },
    cwd,
  });
  return { command, installed: [process.execPath, cwd, modelFiles["intent-fr"]] };
}

async function fastapi(): Promise<Startable> {
  const folder = await pythonFolder("fastapi");
  const command = (model: ModelName, [port]: Ports): Command => ({
    program: join(folder, "bin/python"),
    args: [join(pythonSources, "fastapi_server.py")],
    env: pythonEnvironment(port, modelFiles[model]),
    cwd: work,
  });
  return { command, installed: [...installedPython(folder), modelFiles["intent-fr"]] };
}

async function mlserver(name: string, settings: object): Promise<Startable> {
  const folder = await pythonFolder("mlserver");
  const command = (model: ModelName, [port, grpcPort, metricsPort]: Ports): Command => {
    const cwd = join(work, name);
    const ports = { http_port: port, grpc_port: grpcPort, metrics_port: metricsPort };
    mkdirSync(cwd, { recursive: true });
    writeJson(join(cwd, "settings.json"), {
      debug: false,
      host: "127.0.0.1",
      ...ports,
      ...settings,
    });
    writeJson(join(cwd, "model-settings.json"), {
      name: model,
      implementation: "mlserver_runtime.Runtime",
    });
    return {
      program: join(folder, "bin/mlserver"),
      args: ["start", cwd],
      env: pythonEnvironment(port, modelFiles[model]),
      cwd,
    };
  };
  return { command, installed: [...installedPython(folder), modelFiles["intent-fr"]] };
}

async function bentoml(): Promise<Startable> {
  const folder = await pythonFolder("bentoml");
  const command = (model: ModelName, [port]: Ports): Command => ({
    program: join(folder, "bin/bentoml"),
    args: ["serve", "bentoml_service:Service", "--host", "127.0.0.1", "--port", String(port)],
    env: {
      ...pythonEnvironment(port, modelFiles[model]),
      BENTOML_HOME: join(work, "bentoml"),
      BENTOML_DO_NOT_TRACK: "True",
    },
    cwd: work,
  });
  return { command, installed: [...installedPython(folder), modelFiles["intent-fr"]] };
}

async function original(server: string): Promise<Startable> {
  const folder = await pythonFolder("original");
  const model = await trainOriginal();
  const command = (_model: ModelName, [port]: Ports): Command => ({
    program: join(folder, "bin/python"),
    args: [join(pythonSources, "original_server.py")],
    env: { ...pythonEnvironment(port, model), SERVER: server },
    cwd: work,
  });
  return { command, installed: [...installedPython(folder), model] };
}

function pythonEnvironment(port: number, model: string): Record<string, string> {
  return {
    PORT: String(port),
    MODEL_PATH: model,
    PYTHONPATH: pythonSources,
    // The sources are part of the checkout; what pip installed is compiled already.
    PYTHONDONTWRITEBYTECODE: "1",
    ORT_DISABLE_TELEMETRY: "1",
    LANG: "C.UTF-8",
  };
}

function writeJson(file: string, content: object): void {
  writeFileSync(file, JSON.stringify(content));
}
