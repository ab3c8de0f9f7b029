import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Does work for each item, for a few at a time. */
export async function inLanes<T>(
  lanes: number,
  items: T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = [...items];
  const lane = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** How long each test file took when it last ran, in a file. */
export class Durations {
  readonly #file: string;
  #seconds: Record<string, number>;

  constructor(file: string) {
    this.#file = file;
    this.#seconds = read(file);
  }

  /** Notes how many seconds a test file took. */
  note(file: string, seconds: number): void {
    this.#seconds[file] = Number(seconds.toFixed(1));
  }

  /** The files of which it is known. */
  get known(): string[] {
    return Object.keys(this.#seconds);
  }

  /** The longest first, so that no lane begins with it when the others have ended. */
  longestFirst(files: string[]): string[] {
    const weight = new Map(files.map((file) => [file, this.#weight(file)]));
    return files.toSorted((a, b) => weight.get(b)! - weight.get(a)! || a.localeCompare(b));
  }

  /** One that never ran here counts by its size: ten seconds for a kilobyte. */
  #weight(file: string): number {
    return this.#seconds[file] ?? (statSync(file, { throwIfNoEntry: false })?.size ?? 0) / 100;
  }

  /** Writes the file; beside another run, the last one wins. */
  save(): void {
    mkdirSync(dirname(this.#file), { recursive: true });
    const all = Object.entries({ ...read(this.#file), ...this.#seconds });
    const present = Object.fromEntries(all.filter(([file]) => existsSync(file)));
    writeFileSync(this.#file, JSON.stringify(present));
  }
}

function read(file: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, number>;
  } catch {
    // None yet, or one that a run which was ended left unfinished.
    return {};
  }
}
