/**
 * Runs in a pod of its own, so it imports nothing but Node: serves the French model in good and in
 * bad ways, by the first part of the path, and tells at `/log` what it was asked.
 */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** One request. */
export interface Asked {
  host: string;
  path: string;
  range: string | undefined;
  authorization: string | undefined;
}

type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

const file = readFileSync("/models/intent-fr.onnx");
const log: Asked[] = [];

const behaviours: Record<string, Behaviour> = {
  good: (request, response) => serve(request, response),
  /** Breaks off after a third of the file. */
  breaks: (request, response) => serve(request, response, { most: file.length / 3 }),
  /** Breaks off as long as somebody believes that it knows parts of a file. */
  whole(request, response) {
    const isFirst = log.filter(({ path }) => path === request.url).length === 1;
    delete request.headers.range;
    serve(request, response, isFirst ? { most: file.length / 2 } : {});
  },
  /** Is shorter than it says. */
  lies: (_request, response) => {
    response.writeHead(200, { "Content-Length": file.length + 1000 });
    response.write(file, () => response.destroy());
  },
  other: (_request, response) => void response.end(Buffer.alloc(1000)),
  missing: (_request, response) => void response.writeHead(404).end(),
  private(request, response) {
    if (request.headers.authorization === "Bearer s3cret") serve(request, response);
    else response.writeHead(401).end();
  },
  /** Sends one to the same file under another name of this server. */
  moved(_request, response) {
    response.writeHead(302, { Location: "http://elsewhere/good/model.onnx" }).end();
  },
  /** Sends a piece every tenth of a second. */
  slow(_request, response) {
    response.writeHead(200, { "Content-Length": file.length });
    const pieces = 30;
    const step = Math.ceil(file.length / pieces);
    let sent = 0;
    const timer = setInterval(() => {
      response.write(file.subarray(sent, (sent += step)));
      if (sent < file.length) return;
      clearInterval(timer);
      response.end();
    }, 100);
  },
};

function serve(request: IncomingMessage, response: ServerResponse, { most = Infinity } = {}): void {
  const [, start = "0"] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
  const from = Number(start);
  const rest = file.subarray(from);
  const range = { "Content-Range": `bytes ${from}-${file.length - 1}/${file.length}` };
  response.writeHead(from > 0 ? 206 : 200, {
    ETag: '"1"',
    "Content-Length": rest.length,
    ...(from > 0 && range),
  });
  if (rest.length <= most) response.end(rest);
  else response.write(rest.subarray(0, most), () => setTimeout(() => response.destroy(), 50));
}

const server = createServer((request, response) => {
  const { url: path = "", headers } = request;
  if (path === "/log") {
    response.setHeader("Content-Type", "application/json").end(JSON.stringify(log));
    return;
  }
  const { host = "", range, authorization } = headers;
  log.push({ host, path, range, authorization });
  const behave = behaviours[path.split("/")[1] ?? ""];
  if (behave) behave(request, response);
  else response.writeHead(404).end();
});
server.listen(8080);
process.on("SIGTERM", () => process.exit(0));
