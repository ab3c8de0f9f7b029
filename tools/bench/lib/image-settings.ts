/** How an image starts its server. */
export interface ImageSettings {
  env: Record<string, string>;
  /** Arguments of Node, which is the entry point of the base image. */
  args: string[];
}

/**
 * What the last stage of a Dockerfile says, so that the server is measured as it is shipped.
 *
 * @throws when there is no command in the form of a JSON array
 */
export function imageSettings(dockerfile: string): ImageSettings {
  const joined = dockerfile.replaceAll(/^\s*#.*\n/gm, "").replaceAll(/\\\n\s*/g, " ");
  const lines = joined.slice(joined.lastIndexOf("\nFROM ") + 1).split("\n");
  const values = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const command = values("CMD").at(-1);
  if (!command?.startsWith("[")) throw new Error('The Dockerfile has no CMD ["…"]');
  const pairs = values("ENV").flatMap((line) => line.match(/\w+=("[^"]*"|\S+)/g) ?? []);
  const env = pairs.map((pair) => {
    const [name = "", ...value] = pair.split("=");
    return [name, value.join("=").replaceAll('"', "")];
  });
  return { env: Object.fromEntries(env) as ImageSettings["env"], args: JSON.parse(command) };
}
