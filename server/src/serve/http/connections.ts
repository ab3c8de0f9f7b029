import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** A connection and what it is owed. */
export interface Connection {
  /** Requests that came over it and are not answered yet. */
  unanswered: number;
  /** The answer to its latest request, until that request and the answer are complete. */
  latest: ServerResponse | undefined;
  /** The number of answers on all connections at its last one; 0 before that. */
  lastAnswer: number;
}

/** The connections of one server. Idle ones make room for new ones. */
export class Connections {
  readonly #most: number;
  readonly #all = new Map<Socket, Connection>();
  #answers = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes in a new connection; false when all others are busy. */
  add(socket: Socket): boolean {
    if (this.#all.size >= this.#most) this.#makeRoom();
    if (this.#all.size >= this.#most) return false;
    this.#all.set(socket, { unanswered: 0, latest: undefined, lastAnswer: 0 });
    socket.once("close", () => this.#all.delete(socket));
    return true;
  }

  get(socket: Socket): Connection | undefined {
    return this.#all.get(socket);
  }

  /** Notes a request; returns how many this connection has unanswered now. */
  begin(socket: Socket, response: ServerResponse): number {
    const connection = this.#all.get(socket);
    if (!connection) return Infinity;
    connection.unanswered += 1;
    connection.latest = response;
    // Not for an answer that waited behind another one when the connection was lost.
    response.once("close", () => {
      connection.unanswered -= 1;
      connection.lastAnswer = ++this.#answers;
      if (connection.latest === response && response.req.complete) connection.latest = undefined;
    });
    return connection.unanswered;
  }

  /** Whether a request is not answered yet. */
  get areBusy(): boolean {
    return this.#all.values().some(({ unanswered }) => unanswered > 0);
  }

  /** Closes a tenth: the oldest of those without an answer, then those whose last is longest ago. */
  #makeRoom(): void {
    const unused = [...this.#all].filter(([, { unanswered }]) => unanswered === 0);
    // Stable, and the oldest come first already.
    unused.sort(([, one], [, other]) => one.lastAnswer - other.lastAnswer);
    for (const [socket] of unused.slice(0, Math.ceil(this.#most / 10))) {
      this.#all.delete(socket);
      socket.destroy();
    }
  }
}
