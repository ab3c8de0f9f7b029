import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../../support/checkout.ts";
import { run } from "../../support/command.ts";
import { serverProcess, type ServerProcess } from "../../support/server-process.ts";
import { imageSettings, type ImageSettings } from "./image-settings.ts";

/** Bundles the server into a folder, as the image has it. */
export async function bundleServer(folder: string): Promise<void> {
  await run(process.execPath, ["tools/bundle.ts", "server", folder], { cwd: checkout });
}

/** How the server's image starts Node. */
export function serverImage(): ImageSettings {
  return imageSettings(readFileSync(join(checkout, "Dockerfile.server"), "utf8"));
}

/**
 * Starts a bundled server with the French model as its image does; resolves when it serves.
 *
 * @param folder what `bundleServer` filled
 * @param environment beside that of the image
 */
export async function startShipped(
  folder: string,
  environment: Record<string, string> = {},
): Promise<ServerProcess> {
  const { env, args } = serverImage();
  const main = [...args.slice(0, -1), join(folder, args.at(-1) as string)].join(" ");
  return serving({ ...env, ...environment }, main);
}

/** Starts a server of the sources with the French model; resolves when it serves. */
export async function startServer(
  environment: Record<string, string> = {},
): Promise<ServerProcess> {
  return serving(environment);
}

async function serving(environment: Record<string, string>, main?: string): Promise<ServerProcess> {
  const usual = { MODEL_PATH: join(checkout, "model/intent-fr.onnx"), DRAIN_SECONDS: "0" };
  const server = await serverProcess({ ...usual, ...environment }, undefined, main);
  await server.logged("Serving");
  return server;
}

/** The address of a server by number, which spares generators the lookup of the name. */
export function numericUrl({ url }: ServerProcess): string {
  return url.replace("localhost", "127.0.0.1");
}
