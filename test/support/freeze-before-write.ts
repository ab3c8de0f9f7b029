/**
 * With `node --import`: freezes the process right before it sends its first server-side apply, in
 * mid-turn, where no timer can come in between when it goes on.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";

const created = "undici:request:create";

function freeze(message: unknown): void {
  const { request } = message as { request: { method: string } };
  if (request.method !== "PATCH") return;
  unsubscribe(created, freeze);
  process.kill(process.pid, "SIGSTOP");
}

subscribe(created, freeze);
