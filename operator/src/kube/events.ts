import { createHash } from "node:crypto";
import type { CoreV1Event } from "@kubernetes/client-node";
import type { Api } from "./api.ts";
import { kinds, type KubeObject, type Wire } from "./resource.ts";

/** Which component records, and where. */
export interface EventRecorderOptions {
  api: Pick<Api, "apply">;
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
 * Records Events (core/v1), which `kubectl describe` shows. It writes one at a time, and only when
 * nothing more important is to be called, each by server-side apply: that creates the Event, counts
 * it up, or creates it again when the API server has deleted it already.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #now: () => Date;
  /** By what they are about and say, the longest unused first. */
  readonly #known = new Map<string, Event>();
  /** Keys in `#known` whose latest occurrence is not written yet. */
  readonly #waiting = new Set<string>();
  #writing: Promise<void> | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
  }

  /**
   * Returns at once; an Event that cannot be written is logged and dropped.
   *
   * @param object with apiVersion, kind, and metadata with its uid
   * @param reason one word for programs
   * @param message a sentence for people, cut after 1024 characters
   */
  record(object: KubeObject, type: "Normal" | "Warning", reason: string, message: string): void {
    const reference = referenceTo(object);
    const content = { type, reason, message: message.slice(0, 1024) };
    const key = JSON.stringify([reference, content]);
    const time = this.#now();
    const last = this.#known.get(key);
    const repeats = last && time.getTime() - Date.parse(last.lastTimestamp ?? "") < sameFor;
    const event = repeats
      ? { ...last, lastTimestamp: time.toISOString(), count: (last.count ?? 0) + 1 }
      : this.#fresh(reference, content, time);
    this.#remember(key, event);
    this.#writing ??= this.#write();
  }

  /** Resolves when everything recorded so far was written or given up. */
  async drain(): Promise<void> {
    await this.#writing;
  }

  #fresh(involvedObject: Reference, content: Content, time: Date): Event {
    const { component, host } = this.#options;
    const id = `${involvedObject.name}.${hash([involvedObject, content, time])}`;
    return {
      metadata: { name: id, namespace: involvedObject.namespace },
      involvedObject,
      ...content,
      firstTimestamp: time.toISOString(),
      lastTimestamp: time.toISOString(),
      count: 1,
      source: { component, host },
      reportingComponent: component,
      reportingInstance: host,
    };
  }

  #remember(key: string, event: Event): void {
    this.#known.delete(key);
    this.#known.set(key, event);
    this.#waiting.add(key);
    const [oldest] = this.#known.keys();
    if (this.#known.size <= remembered || oldest === undefined) return;
    this.#known.delete(oldest);
    if (this.#waiting.delete(oldest)) {
      this.#options.log.warn({ event: oldest }, "Dropped an event, there are too many");
    }
  }

  async #write(): Promise<void> {
    const { api, component, log } = this.#options;
    for (const key of this.#waiting) {
      this.#waiting.delete(key);
      try {
        const event = this.#known.get(key);
        const options = { manager: component, priority: "low" } as const;
        if (event) await api.apply<Event>(kinds.event, event, options);
      } catch (error) {
        log.warn({ err: error }, "Could not record an event");
      }
    }
    this.#writing = undefined;
  }
}

type Content = Pick<Event, "type" | "reason" | "message">;
type Reference = Event["involvedObject"];

function referenceTo({ apiVersion, kind, metadata }: KubeObject): Reference {
  const { name, namespace = "default", uid } = metadata ?? {};
  return { apiVersion, kind, name, namespace, uid };
}

function hash(parts: unknown): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
