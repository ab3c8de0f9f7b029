import type { ModelDeployment, ModelDeploymentStatus } from "../api/model-deployment.ts";
import type { Observed } from "../state/observed.ts";

/** The counters of capture; while the servers report none, the last ones. */
export function captureStatus(
  { spec, status }: ModelDeployment,
  { capture: report }: Observed,
): Pick<ModelDeploymentStatus, "capture"> {
  if (!spec.capture) return {};
  const { captured, sentences, dropped } = { ...status?.capture, ...defined(report) };
  const figures = defined({ captured, sentences, dropped });
  return Object.keys(figures).length > 0 ? { capture: figures } : {};
}

function defined<T extends object>(values: T | undefined): Partial<T> {
  const entries = Object.entries(values ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}
