import { reasons, type Problem } from "../api/reasons.ts";

/**
 * The problem with what to do about it. Kubernetes and the server say what is wrong in their own
 * words; which field of the spec that comes from, they cannot know.
 */
export function withRemedy({ reason, message }: Problem): Problem {
  const words = message.replace(/\.$/, "");
  const { rules, otherwise } = remedies[reason] ?? { rules: [] };
  const fitting = rules.flatMap(([pattern, remedy]) => (pattern.test(words) ? [remedy] : []));
  const chosen = fitting.length > 0 || otherwise === undefined ? fitting : [otherwise];
  const missing = chosen.filter((remedy) => !words.includes(remedy));
  return { reason, message: [words, ...missing].join("; ") };
}

/** What to do about the problems of one reason. */
interface Remedies {
  /** The remedies of all patterns that fit the message are given. */
  rules: [pattern: RegExp, remedy: string][];
  /** Given where no pattern fits. */
  otherwise?: string;
}

const remedies: Record<string, Remedies> = {
  [reasons.Unschedulable]: {
    rules: [
      [
        /Insufficient (cpu|memory)/,
        "lower spec.resources.requests or add a node with enough free resources",
      ],
      [
        /didn't match Pod's node affinity/,
        "change spec.pod.nodeSelector or spec.pod.affinity, or label a node",
      ],
      [/untolerated taint/, "add spec.pod.tolerations or remove the taint from a node"],
      [
        /didn't (match|satisfy) .*pod (anti-)?affinity/,
        "change spec.pod.affinity or add a node that matches it",
      ],
      [/Too many pods/, "add a node"],
    ],
    otherwise: "free resources on a node or add a node",
  },
  [reasons.FailedCreate]: {
    rules: [
      [/exceeded quota|failed quota/, "lower spec.resources or the replicas, or raise the quota"],
      [
        /usage per (Container|Pod)|limit to request ratio/,
        "change spec.resources or the namespace's LimitRange",
      ],
      [/no PriorityClass/, "correct spec.pod.priorityClassName or create the PriorityClass"],
      [
        /violates PodSecurity/,
        "relax the Pod Security Standard of the namespace, or use another namespace",
      ],
    ],
    otherwise: "change the policy that forbids the pod, or change the spec",
  },
  [reasons.ImagePullBackOff]: {
    rules: [
      [
        /unauthorized|authorization failed|denied|401|403/i,
        "list a Secret with access to the registry in spec.pod.imagePullSecrets",
      ],
    ],
    otherwise:
      "correct the image in the spec or the chart's image.server, or give the node access to the registry",
  },
  [reasons.OOMKilled]: {
    rules: [],
    otherwise: "raise spec.resources.requests.memory or limits.memory",
  },
  [reasons.CrashLoopBackOff]: {
    rules: [
      [/exited with code \d+$/, "see its log: kubectl logs --previous"],
      [/NODE_OPTIONS/, "correct spec.server.env"],
    ],
  },
  [reasons.ModelNotFound]: {
    rules: [
      // The folder of the models in the server image.
      [
        /\/models\//,
        "the server image has no such model; correct spec.model.bundled, for example intent-fr",
      ],
    ],
  },
  [reasons.DigestMismatch]: {
    rules: [],
    otherwise: "correct spec.model.sha256, or provide the file with that digest",
  },
  [reasons.Forbidden]: {
    rules: [
      [/exceeded quota|failed quota/, "raise the quota or delete objects that are not needed"],
      [
        /cannot \w+ resource/,
        "restore the operator's permissions: helm upgrade --install intendant charts/intendant",
      ],
    ],
    otherwise: "change the policy that forbids it, or change the spec",
  },
  [reasons.Refused]: {
    rules: [
      [/denied (the )?request/, "change the policy that forbids it, or change the spec"],
      [/spec\.affinity/, "correct spec.pod.affinity"],
      [/spec\.tolerations/, "correct spec.pod.tolerations"],
      [/spec\.nodeSelector/, "correct spec.pod.nodeSelector"],
      [/template\.(metadata\.)?annotations/, "correct spec.pod.annotations"],
      [/\.resources\.(requests|limits)/, "correct spec.resources"],
    ],
    otherwise: "correct the corresponding field of the spec",
  },
};
