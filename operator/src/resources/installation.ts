import type { Images } from "./deployment.ts";

/** What the installation, and no model, decides. */
export interface Installation {
  images: Images;
  /** How many models may be measured at the same time, because they disturb each other. */
  benchmarkConcurrency: number;
  /** Who has business at the ops ports of servers; without it no NetworkPolicies are made. */
  networkPolicy?: AllowedPeers | undefined;
}

/** Pods outside a model that ask its servers how they are. */
export interface AllowedPeers {
  /** The operator's own pods. */
  operator: { namespace: string; labels: Record<string, string> };
  /** Namespaces whose pods collect metrics. */
  monitoringNamespaces: string[];
}
