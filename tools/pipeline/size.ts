import type { Archive } from "./archive.ts";

/** Most megabytes of each image on a node; a megabyte is a million bytes. */
export const limits: Record<string, number> = { server: 220, operator: 180, benchmark: 100 };

/**
 * What an image's size is to be told as.
 *
 * @throws Error when it is larger than its limit
 */
export function size(component: string, { uncompressed, compressed }: Archive): string {
  const limit = limits[component];
  if (limit === undefined) throw new Error(`There is no limit to the size of ${component}`);
  const text = `${megabytes(uncompressed)} MB on a node, ${megabytes(compressed)} MB to download`;
  if (uncompressed <= limit * 1e6) return text;
  throw new Error(`The image ${component} may have ${limit} MB, and has ${text}`);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
