import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** An answer as it came over the wire. */
export interface Answer {
  status: number;
  head: string;
  body: Buffer;
}

/** A connection that carries one request after the other; cheap, so that the server is what counts. */
export class Connection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #pending: PromiseWithResolvers<Answer> | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket.setNoDelay();
    socket.on("data", (chunk) => {
      this.#received = this.#received.length > 0 ? Buffer.concat([this.#received, chunk]) : chunk;
      this.#read();
    });
    // "close" follows, and rejects what is pending.
    socket.on("error", () => undefined);
    socket.on("close", () => this.#pending?.reject(new Error("the server closed the connection")));
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect(port, "localhost");
    await once(socket, "connect");
    return new Connection(socket);
  }

  /** Whether another request can be sent. */
  get isOpen(): boolean {
    return this.#socket.writable && this.#socket.readable;
  }

  /** Sends a whole request and resolves with its answer. */
  ask(request: Buffer): Promise<Answer> {
    this.#pending = Promise.withResolvers();
    this.#socket.write(request);
    return this.#pending.promise;
  }

  /** Sends something and goes away without waiting for anything. */
  abandon(start: Buffer): void {
    this.#socket.write(start, () => this.#socket.destroy());
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(): void {
    const end = this.#received.indexOf("\r\n\r\n");
    if (end === -1) return;
    const head = this.#received.toString("latin1", 0, end);
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
    const body = this.#received.subarray(end + 4, end + 4 + length);
    if (body.length < length) return;
    this.#received = this.#received.subarray(end + 4 + length);
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.resolve({ status: Number(head.slice(9, 12)), head, body });
  }
}
