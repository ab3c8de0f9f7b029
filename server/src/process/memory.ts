import { readFileSync } from "node:fs";

/** Memory of this process in bytes. */
export interface Memory {
  /** Now in use. */
  resident: number;
  /** The most that was ever in use. */
  peak: number;
}

/** What Linux says about this process' memory; undefined on other systems. */
export function memory(read: () => string = readStatus): Memory | undefined {
  const status = read();
  const resident = bytes(status, "VmRSS");
  const peak = bytes(status, "VmHWM");
  return resident === undefined || peak === undefined ? undefined : { resident, peak };
}

function readStatus(): string {
  try {
    return readFileSync("/proc/self/status", "utf8");
  } catch {
    return "";
  }
}

function bytes(status: string, field: string): number | undefined {
  const [, kibibytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status) ?? [];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}
