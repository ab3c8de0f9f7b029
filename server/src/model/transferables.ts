import type { Tensors } from "../tensors/tensors.ts";

/** Tensors to send to another thread, and the memory that goes with them. */
export interface Transferables {
  tensors: Tensors;
  buffers: ArrayBuffer[];
}

/**
 * Copies numbers once, so that the copy can change hands: what is sent away is gone here, and the
 * values of a request may be a part of its body. Strings are copied by the sending itself.
 */
export function transferables(tensors: Tensors): Transferables {
  const buffers: ArrayBuffer[] = [];
  const copies = Object.entries(tensors).map(([name, tensor]) => {
    if (Array.isArray(tensor.data)) return [name, tensor] as const;
    const data = tensor.data.slice();
    buffers.push(data.buffer);
    return [name, { ...tensor, data }] as const;
  });
  return { tensors: Object.fromEntries(copies), buffers };
}
