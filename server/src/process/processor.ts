import { cpus } from "node:os";

/** The processor's name, for example `AMD EPYC 7763 64-Core Processor`; undefined where it has none. */
export function processor(): string | undefined {
  const model = cpus()[0]?.model.trim();
  return model && model !== "unknown" ? model : undefined;
}
