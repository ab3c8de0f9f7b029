import { spawn } from "node:child_process";
import { once } from "node:events";
import { createGunzip } from "node:zlib";
import { run } from "../support/command.ts";

/** An image in a file, as it would go to a registry. */
export interface Archive {
  /** Digest of its manifest. */
  digest: string;
  /** Bytes that a node downloads. */
  compressed: number;
  /** Bytes that it takes on a node. */
  uncompressed: number;
}

interface Descriptor {
  digest: string;
  size: number;
}

/** Reads what an OCI archive holds. */
export async function archive(file: string): Promise<Archive> {
  const { manifests } = JSON.parse(await member(file, "index.json")) as { manifests: Descriptor[] };
  const [image] = manifests;
  if (!image || manifests.length > 1) throw new Error(`${file} holds ${manifests.length} images`);
  const { layers } = JSON.parse(await member(file, blob(image))) as { layers: Descriptor[] };
  const sizes = await Promise.all(layers.map((layer) => unpackedSize(file, blob(layer))));
  return {
    digest: image.digest,
    compressed: sum(layers.map(({ size }) => size)),
    uncompressed: sum(sizes),
  };
}

function blob({ digest }: Descriptor): string {
  return `blobs/${digest.replace(":", "/")}`;
}

function member(file: string, path: string): Promise<string> {
  return run("tar", ["--extract", "--to-stdout", "--file", file, path]);
}

async function unpackedSize(file: string, path: string): Promise<number> {
  const tar = spawn("tar", ["--extract", "--to-stdout", "--file", file, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(tar, "close");
  let size = 0;
  for await (const chunk of tar.stdout.pipe(createGunzip())) size += (chunk as Buffer).length;
  const [code] = await closed;
  if (code !== 0) throw new Error(`Could not read ${path} of ${file}`);
  return size;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
