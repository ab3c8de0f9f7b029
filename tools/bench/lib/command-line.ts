/**
 * Does what the first word of a command line says; prints the message of an error and sets the
 * exit code to 1.
 */
export async function dispatch(
  word: string | undefined,
  commands: Record<string, () => Promise<void>>,
): Promise<void> {
  try {
    const command = Object.hasOwn(commands, word ?? "") && commands[word ?? ""];
    const names = Object.keys(commands).join(" or ");
    if (!command) throw new Error(`"${word ?? ""}" is not a command; give ${names}`);
    await command();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

/**
 * The number that an option gives.
 *
 * @param text what was given, or undefined
 * @throws Error when it is not a whole number above 0
 */
export function wholeNumber(option: string, text: string | undefined, fallback: number): number {
  const number = Number(text ?? fallback);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`--${option} is "${text}"; give a whole number above 0`);
}

/** The numbers of a list with commas, for example `100,1000`. */
export function wholeNumbers(option: string, text: string): number[] {
  const items = text.split(",").filter((item) => item !== "");
  return items.map((item) => wholeNumber(option, item, NaN));
}
