import { createHash } from "node:crypto";
import type { CoreV1Event } from "@kubernetes/client-node";
import type { Api } from "./api.ts";
import { kinds, type KubeObject, type Wire } from "./resource.ts";

/** Writes what happened to an object where `kubectl describe` shows it. */
export interface EventRecorder {
  /**
   * Returns at once; an event that cannot be written is logged and forgotten.
   *
   * @param object with apiVersion, kind, and metadata with its uid
   * @param reason one word for programs
   * @param message a sentence for people, cut after 1024 characters
   */
  record(object: KubeObject, type: "Normal" | "Warning", reason: string, message: string): void;
  /** Resolves when everything recorded so far was written or given up. */
  drain(): Promise<void>;
}

/** Who records. */
export interface EventRecorderOptions {
  api: Api;
  /** Shown as the source of the event. */
  component: string;
  /** Name of the pod that records. */
  host: string;
  log: { warn(fields: object, message: string): void };
  now?: () => Date;
}

type Event = Wire<CoreV1Event>;

/** An event that repeats within this time is counted instead of written once more. */
const sameFor = 10 * 60_000;

/** Events that are remembered in order to count them; the longest unused is forgotten first. */
const remembered = 1_000;

/**
 * A recorder of core/v1 Events. It writes one at a time, and only when nothing more important is to
 * be called, each by server-side apply: that creates the event, counts it up, or creates it anew
 * when the API server has forgotten it already.
 */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { api, component, host, log, now = () => new Date() } = options;
  const known = new Map<string, Event>();
  /** Keys in `known` whose latest occurrence is not written yet. */
  const waiting = new Set<string>();
  let writing: Promise<void> | undefined;

  function fresh(involvedObject: Reference, happening: Happening, time: Date): Event {
    const id = `${involvedObject.name}.${hash([involvedObject, happening, time])}`;
    return {
      metadata: { name: id, namespace: involvedObject.namespace },
      involvedObject,
      ...happening,
      firstTimestamp: time.toISOString(),
      lastTimestamp: time.toISOString(),
      count: 1,
      source: { component, host },
      reportingComponent: component,
      reportingInstance: host,
    };
  }

  function remember(key: string, event: Event): void {
    known.delete(key);
    known.set(key, event);
    waiting.add(key);
    const [oldest] = known.keys();
    if (known.size <= remembered || oldest === undefined) return;
    known.delete(oldest);
    if (waiting.delete(oldest)) log.warn({ event: oldest }, "Dropped an event, there are too many");
  }

  async function write(): Promise<void> {
    for (const key of waiting) {
      waiting.delete(key);
      try {
        const event = known.get(key);
        const options = { manager: component, priority: "low" } as const;
        if (event) await api.apply<Event>(kinds.event, event, options);
      } catch (error) {
        log.warn({ err: error }, "Could not record an event");
      }
    }
    writing = undefined;
  }

  return {
    record(object, type, reason, message) {
      const reference = referenceTo(object);
      const happening = { type, reason, message: message.slice(0, 1024) };
      const key = JSON.stringify([reference, happening]);
      const time = now();
      const last = known.get(key);
      const repeats = last && time.getTime() - Date.parse(last.lastTimestamp ?? "") < sameFor;
      const event = repeats
        ? { ...last, lastTimestamp: time.toISOString(), count: (last.count ?? 0) + 1 }
        : fresh(reference, happening, time);
      remember(key, event);
      writing ??= write();
    },
    async drain() {
      await writing;
    },
  };
}

type Happening = Pick<Event, "type" | "reason" | "message">;
type Reference = Event["involvedObject"];

function referenceTo({ apiVersion, kind, metadata }: KubeObject): Reference {
  const { name, namespace = "default", uid } = metadata ?? {};
  return { apiVersion, kind, name, namespace, uid };
}

function hash(parts: unknown): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
