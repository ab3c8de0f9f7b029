import { readFileSync } from "node:fs";
import { Agent, request, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import * as assert from "uvu/assert";
import type { ServerProcess } from "../../tools/support/server-process.ts";

/** Most mebibytes that a server may hold, whatever its clients do. */
const mostMemory = 1024;

/** Well-behaved clients of the model `linear()`; an answer that is not right fails the test. */
export class Crowd {
  readonly #server: ServerProcess;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #clients: Promise<void>[];
  #answers = 0;
  #isOver = false;

  constructor(server: ServerProcess) {
    this.#server = server;
    this.#clients = Array.from({ length: 4 }, (_, client) => this.#client(client));
    // Seen when the crowd ends; until then nobody waits for it.
    for (const client of this.#clients) client.catch(() => (this.#isOver = true));
  }

  /** Resolves when so many more answers have come. */
  async more(answers: number): Promise<void> {
    const goal = this.#answers + answers;
    while (this.#answers < goal && !this.#isOver) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  /** Ends the clients; throws when one of them got a wrong answer, or the server grew too large. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients).finally(() => this.#agent.destroy());
    const mebibytes = peakMemory(this.#server.pid);
    assert.ok(mebibytes < mostMemory, `the server took ${mebibytes} MiB`);
  }

  async #client(client: number): Promise<void> {
    for (let turn = client; !this.#isOver; turn += 1) {
      const row = [turn, 1, 2, 3];
      const input = { name: "x", datatype: "FP32", shape: [1, 4], data: row };
      const { outputs } = (await this.#infer({ inputs: [input] })) as Outputs;
      assert.equal(outputs[0].data, [turn + 13, 24, 35]);
      if (turn % 20 === 0) await this.#probe();
      this.#answers += 1;
    }
  }

  /** Probes come over new connections, as a kubelet's do. */
  async #probe(): Promise<void> {
    for (const path of ["livez", "readyz"]) {
      const outgoing = request(`${this.#server.ops}/${path}`, { agent: false }).end();
      const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
      incoming.resume();
      assert.is(incoming.statusCode, 200);
    }
  }

  async #infer(body: unknown): Promise<unknown> {
    const url = `${this.#server.url}/v2/models/test/infer`;
    const outgoing = request(url, { agent: this.#agent, method: "POST" });
    outgoing.end(JSON.stringify(body));
    const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
    const answer = JSON.parse(await text(incoming)) as unknown;
    if (incoming.statusCode === 503 && incoming.headers["retry-after"]) {
      // With more requests than the model can compute some are refused, and come again.
      await new Promise((resolve) => setTimeout(resolve, 20));
      return this.#infer(body);
    }
    assert.is(incoming.statusCode, 200);
    return answer;
  }
}

interface Outputs {
  outputs: [{ data: number[] }];
}

/** Lets well-behaved clients ask from before until after the attack; all get right answers. */
export async function besides(server: ServerProcess, attack: (crowd: Crowd) => Promise<void>) {
  const crowd = new Crowd(server);
  try {
    await crowd.more(20);
    await attack(crowd);
    await crowd.more(20);
  } finally {
    await crowd.end();
  }
}

/** The most memory that a process has held so far, in MiB. */
export function peakMemory(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
