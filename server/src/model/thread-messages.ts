import type { Tensors } from "../tensors/tensors.ts";
import type { SessionOptions } from "./session.ts";

/** A request to the model's thread. */
export type Question = { id: number } & (
  | ({ kind: "open"; file: Uint8Array } & SessionOptions)
  | { kind: "run"; inputs: Tensors; outputs: string[] }
  | { kind: "close" }
);

/** Its answer. */
export type Reply = { id: number } & (
  { result: unknown } | { error: { message: string; isInvalid: boolean } }
);
