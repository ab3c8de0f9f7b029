import { connect, createServer, type Socket } from "node:net";

/**
 * Does something while no other process does it. The lock is a socket in the kernel's
 * abstract namespace: it leaves no file, and it is gone with the process that holds it.
 *
 * @param subject what is locked
 * @param purpose what a process that has to wait is told
 */
export async function locked<T>(
  subject: string,
  purpose: string,
  work: () => Promise<T>,
): Promise<T> {
  const name = `\0intendant-${subject}`;
  let lock = await take(name, purpose);
  while (lock === undefined) {
    await holderEnds(name);
    lock = await take(name, purpose);
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** The lock, unless another process holds it. */
function take(name: string, purpose: string): Promise<{ release: () => void } | undefined> {
  const waiters: Socket[] = [];
  const server = createServer((waiter) => {
    waiters.push(waiter.on("error", () => undefined));
    waiter.write(`${purpose}, process ${process.pid}`);
  });
  const release = () => {
    server.close();
    for (const waiter of waiters) waiter.destroy();
  };
  return new Promise((resolve, reject) => {
    server.on("listening", () => resolve({ release }));
    server.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen(name);
  });
}

function holderEnds(name: string): Promise<void> {
  const socket = connect(name).setEncoding("utf8");
  socket.on("data", (purpose) => console.log(`Waiting for another command (${String(purpose)})`));
  return new Promise((resolve) => {
    socket.on("error", () => undefined).on("close", () => resolve());
  });
}
