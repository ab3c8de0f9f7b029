import { parentPort } from "node:worker_threads";
import { InvalidInput } from "../process/errors.ts";
import { openSession, type Session } from "./session.ts";
import { transferables } from "./transferables.ts";
import type { Question, Reply } from "./thread-messages.ts";

/** The model's thread: opens one session and runs it for the main thread. */
let session: Session | undefined;

parentPort?.on("message", (question: Question) => void handle(question));

async function handle(question: Question): Promise<void> {
  const { id } = question;
  try {
    const { result, buffers } = await answer(question);
    send({ id, result }, buffers);
  } catch (error) {
    const { message } = error as Error;
    send({ id, error: { message, isInvalid: error instanceof InvalidInput } }, []);
  }
}

async function answer(question: Question): Promise<{ result: unknown; buffers: ArrayBuffer[] }> {
  if (question.kind === "open") {
    session = await openSession(question.file, question);
    return { result: session.signature, buffers: [] };
  }
  if (question.kind === "close") {
    await session?.close();
    parentPort?.unref();
    return { result: undefined, buffers: [] };
  }
  if (!session) throw new Error("The model is not open");
  const { outputs, seconds } = await session.run(question.inputs, question.outputs);
  const { tensors, buffers } = transferables(outputs);
  return { result: { outputs: tensors, seconds }, buffers };
}

const send = (reply: Reply, buffers: ArrayBuffer[]) => parentPort?.postMessage(reply, buffers);
