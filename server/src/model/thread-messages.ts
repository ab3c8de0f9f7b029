import type { Tensors } from "../tensors/tensors.ts";
import type { SessionOptions } from "./session.ts";

/** What the model's thread is asked for. */
export type Question = { id: number } & (
  | ({ kind: "open"; file: Uint8Array } & SessionOptions)
  | { kind: "run"; inputs: Tensors; outputs: string[] }
  | { kind: "close" }
);

/** What it answers. */
export type Reply = { id: number } & (
  { result: unknown } | { error: { message: string; isInvalid: boolean } }
);
