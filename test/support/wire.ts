import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A connection on which a test writes what it likes, valid or not. */
export interface Wire {
  socket: Socket;
  /** What came back so far. */
  received: () => string;
  /** Resolves when what came back fits; fails when the connection ends without. */
  until: (pattern: RegExp) => Promise<void>;
  /** Resolves with all that came back when the other side has hung up. */
  ended: Promise<string>;
}

/** Connects to the port of an address and sends something. */
export async function wire(url: string, text = ""): Promise<Wire> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // A test that fails must not wait for the other side.
  socket.unref();
  await once(socket, "connect");
  let answer = "";
  socket.setEncoding("latin1");
  socket.on("data", (data: string) => (answer += data));
  // A reset ends the connection as well.
  socket.on("error", () => {});
  const ended = new Promise<string>((resolve) => socket.once("close", () => resolve(answer)));
  const until = async (pattern: RegExp) => {
    while (!pattern.test(answer)) {
      if (socket.destroyed) throw new Error(`Hung up after: ${answer.slice(0, 1000)}`);
      await Promise.race([once(socket, "data"), ended]);
    }
  };
  socket.write(text, "latin1");
  return { socket, received: () => answer, until, ended };
}

/** The statuses of answers that came one after the other. */
export function statuses(answers: string): number[] {
  return Array.from(answers.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => Number(status));
}
