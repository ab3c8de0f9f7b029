import { spawn, type ChildProcess } from "node:child_process";
import { once, setMaxListeners } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A headless browser that is driven over the DevTools protocol. */
export interface Chromium {
  /** Opens a page in a tab of its own. */
  open: (url: string) => Promise<Tab>;
  close: () => Promise<void>;
}

/** A page and everything it did. */
export interface Tab {
  /** Addresses the page asked for, whether or not it was allowed to. */
  requests: string[];
  /** Errors and warnings on the console, from the page or from the browser about it. */
  complaints: string[];
  /** The value of a JavaScript expression in the page. */
  evaluate: (expression: string) => Promise<unknown>;
  /** Resolves when the expression is true; fails after ten seconds. */
  until: (expression: string) => Promise<void>;
  /** Shows the page as a system with this preference does, or as paper. */
  appear: (as: "light" | "dark" | "print") => Promise<void>;
  /** A PNG of the page in this size. */
  screenshot: (width: number, height: number) => Promise<Buffer>;
}

interface Message {
  id?: number;
  sessionId?: string;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** Starts the installed browser with a profile of its own. */
export async function chromium(): Promise<Chromium> {
  const profile = mkdtempSync(join(tmpdir(), "intendant-chromium-"));
  const browser = spawn("chromium", [...options, `--user-data-dir=${profile}`, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const socket = new WebSocket(await debuggerOf(browser));
  await once(socket, "open");
  // Each tab and each call under way has one.
  setMaxListeners(0, socket);
  return {
    open: (url) => openTab(socket, url),
    close: async () => {
      socket.close();
      browser.kill("SIGKILL");
      await once(browser, "close");
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const options = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--remote-debugging-port=0",
];

/** The address that the browser prints when it can be driven. */
async function debuggerOf(browser: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  browser.once("error", (cause) => {
    reject(new Error("Chromium is missing; run: make setup", { cause }));
  });
  browser.once("exit", (code) => reject(new Error(`Chromium ended with ${code}`)));
  if (browser.stderr) {
    createInterface(browser.stderr).on("line", (line) => {
      const address = /^DevTools listening on (\S+)/.exec(line)?.[1];
      if (address) resolve(address);
    });
  }
  return promise;
}

async function openTab(socket: WebSocket, url: string): Promise<Tab> {
  const { targetId } = await call(socket, "Target.createTarget", { url: "about:blank" });
  const attach = { targetId, flatten: true };
  const { sessionId } = await call(socket, "Target.attachToTarget", attach);
  const send = (method: string, params = {}) => call(socket, method, params, String(sessionId));

  const requests: string[] = [];
  const complaints: string[] = [];
  listen(socket, (message) => {
    if (message.sessionId !== sessionId || !message.method) return;
    const params = message.params ?? {};
    if (message.method === "Network.requestWillBeSent") {
      requests.push((params["request"] as { url: string }).url);
    }
    if (isComplaint(message.method, params)) complaints.push(JSON.stringify(params));
  });
  for (const domain of ["Network", "Log", "Runtime", "Page"]) await send(`${domain}.enable`);
  await send("Page.navigate", { url });

  const evaluate = async (expression: string) => {
    const answer = await send("Runtime.evaluate", { expression, returnByValue: true });
    if (answer["exceptionDetails"]) throw new Error(JSON.stringify(answer["exceptionDetails"]));
    return (answer["result"] as { value?: unknown }).value;
  };
  const until = async (expression: string) => {
    const deadline = performance.now() + 10_000;
    while ((await evaluate(expression)) !== true) {
      if (performance.now() > deadline) {
        throw new Error(
          `Waited in vain for ${expression}; the page complained: ${complaints.join()}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const screenshot = async (width: number, height: number) => {
    const size = { width, height, deviceScaleFactor: 1, mobile: false };
    await send("Emulation.setDeviceMetricsOverride", size);
    const { data } = await send("Page.captureScreenshot", { format: "png" });
    return Buffer.from(String(data), "base64");
  };
  const appear = async (as: "light" | "dark" | "print") => {
    const scheme = { name: "prefers-color-scheme", value: as === "print" ? "light" : as };
    const media = as === "print" ? "print" : "screen";
    await send("Emulation.setEmulatedMedia", { media, features: [scheme] });
  };
  return { requests, complaints, evaluate, until, appear, screenshot };
}

function isComplaint(method: string, params: Record<string, unknown>): boolean {
  if (method === "Runtime.exceptionThrown") return true;
  const level =
    method === "Log.entryAdded"
      ? (params["entry"] as { level: string }).level
      : method === "Runtime.consoleAPICalled"
        ? String(params["type"])
        : "";
  return ["error", "warning", "assert"].includes(level);
}

function listen(socket: WebSocket, receive: (message: Message) => void): () => void {
  const receiver = (event: MessageEvent) => receive(JSON.parse(String(event.data)) as Message);
  socket.addEventListener("message", receiver);
  return () => socket.removeEventListener("message", receiver);
}

let lastId = 0;

async function call(
  socket: WebSocket,
  method: string,
  params: object,
  sessionId?: string,
): Promise<Record<string, unknown>> {
  const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
  const id = ++lastId;
  const stop = listen(socket, (message) => {
    if (message.id !== id) return;
    if (message.error) reject(new Error(`${method}: ${message.error.message}`));
    else resolve(message.result ?? {});
  });
  socket.send(JSON.stringify({ id, method, params, sessionId }));
  return promise.finally(stop);
}
