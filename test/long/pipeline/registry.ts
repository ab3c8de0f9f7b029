import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { tool } from "../../../tools/pipeline/tools.ts";

/** A registry of images and charts on this machine, which forgets all when it is closed. */
export interface ImageRegistry {
  host: string;
  /** What it answers to a request for a manifest. */
  manifest: (repository: string, reference: string) => Promise<Manifest>;
  close: () => Promise<void>;
}

/** As much of a manifest as the tests look at. */
export interface Manifest {
  mediaType: string;
  config?: { mediaType: string; digest: string };
  layers?: { mediaType: string; digest: string }[];
  manifests?: { digest: string; platform: { architecture: string; os: string } }[];
}

/** Starts a registry. */
export async function startRegistry(): Promise<ImageRegistry> {
  const program = spawn(await tool("registry"), ["-port", "0"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(program, "close");
  const host = `localhost:${await port(program.stderr)}`;
  return {
    host,
    manifest: async (repository, reference) => {
      const accept = [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
      ].join(", ");
      const url = `http://${host}/v2/${repository}/manifests/${reference}`;
      const answer = await fetch(url, { headers: { accept } });
      if (!answer.ok) throw new Error(`${answer.status} for ${url}: ${await answer.text()}`);
      return (await answer.json()) as Manifest;
    },
    close: async () => {
      program.kill();
      await ended;
    },
  };
}

/** The port, which it says in its first line; what follows is read and dropped. */
async function port(output: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface({ input: output });
  const [line] = (await once(lines, "line")) as [string];
  const found = /serving on port (\d+)$/.exec(line)?.[1];
  if (!found) throw new Error(`The registry did not start: ${line}`);
  return found;
}
