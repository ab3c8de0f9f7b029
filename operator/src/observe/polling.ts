import { isDeepStrictEqual } from "node:util";
import { keyOf, type ModelDeployment } from "../api/model-deployment.ts";
import { together, type CaptureReport } from "../state/capture-report.ts";
import type { Introspection } from "./server-client.ts";
import { systemClock, type Clock } from "../kube/clock.ts";
import { createLanes } from "../kube/lanes.ts";
import { isFinished } from "../state/jobs.ts";
import { isReady, revisionOf, type Observed } from "../state/observed.ts";
import { nameOf, type Pod } from "../kube/objects.ts";
import { createTrafficMeter, type RequestCount, type Traffic } from "../state/traffic.ts";
import { milliseconds } from "../api/units.ts";

/** What was found out by asking again and again. */
export type Known = Pick<Observed, "traffic" | "capture">;

/**
 * Asks the servers of models with capture how they stand with the database, and, with enrichment, how
 * much they are asked. Nobody waits for an answer: a pass gets what is known, and `onChange` calls
 * for another one when there is news.
 */
export interface Polling {
  /** What is known of a model; it is asked from now on, as often as what there is to do needs. */
  known(model: ModelDeployment, world: Polled): Known;
  /** Asks nothing any more about a ModelDeployment that is gone. */
  forget(key: string): void;
  /** Asks nothing any more. */
  stop(): void;
}

/** Whom to ask, and how urgent it is. */
export interface Polled extends Pick<Observed, "annotator" | "enrichmentJob" | "pods"> {
  /** Pods of the model server that are not about to go. */
  servers: Pod[];
  /** The revision that gets the traffic. */
  serving: string | undefined;
}

/** What tells how far the enrichment of a model is. */
type Enriched = Pick<Observed, "annotator" | "enrichmentJob" | "capture">;

/** Whom to ask how, and whom to tell. */
export interface PollingOptions {
  introspection: Pick<Introspection, "traffic" | "capture">;
  /** Whether captured requests wait for their label, as far as the servers' reports tell. */
  isPending: (model: ModelDeployment, seen: Enriched) => boolean;
  /** Called with `namespace/name` of a ModelDeployment when there is news of it. */
  onChange: (key: string) => void;
  /** Questions under way at the same time, 64 unless said. */
  concurrency?: number;
  clock?: Clock;
}

/** Milliseconds from one round to the next: where there is something to do, and otherwise. */
const pauses = {
  traffic: { urgent: 5_000, usual: 30_000 },
  capture: { urgent: 10_000, usual: 30_000 },
};

/** Milliseconds after which a server that is asked has looked at the database again. */
const cached = 6_000;

/** Rounds in which a pod may fail to answer. */
const patience = 3;

/** Everything about one model. */
interface Subject {
  key: string;
  model: ModelDeployment;
  world: Polled;
  traffic?: Traffic | undefined;
  capture?: CaptureReport | undefined;
  capturing: Rounds;
  metering?: (Rounds & { limit: number }) | undefined;
}

/** Questions that are asked again and again. */
interface Rounds {
  /** Plans the next round anew, because what the pause depends on may have changed. */
  adjust(): void;
  /** Begins a round within so many milliseconds. */
  hurry(within: number): void;
  stop(): void;
}

/** Models that have not been asked about yet. */
export function createPolling(options: PollingOptions): Polling {
  const { introspection, onChange, concurrency = 64, clock = systemClock } = options;
  const subjects = new Map<string, Subject>();
  const inLane = createLanes(concurrency);

  /** The first round begins at once. */
  function rounds(pause: () => number, ask: () => Promise<void>): Rounds {
    let began = 0;
    let wanted = Infinity;
    let isAsking = false;
    let isOver = false;
    let cancel = () => {};
    async function run(): Promise<void> {
      isAsking = true;
      wanted = Infinity;
      began = clock.now();
      await ask();
      isAsking = false;
      plan();
    }
    function plan(): void {
      if (isAsking || isOver) return;
      cancel();
      const left = Math.min(began + pause(), wanted) - clock.now();
      if (left > 0) cancel = clock.after(left, () => void run());
      else void run();
    }
    void run();
    return {
      adjust: plan,
      hurry(within) {
        wanted = Math.min(wanted, clock.now() + within);
        plan();
      },
      stop() {
        isOver = true;
        cancel();
      },
    };
  }

  /** What pods answer, by their names. */
  async function answers<T>(
    pods: Pod[],
    ask: (podIP: string) => Promise<T | undefined>,
  ): Promise<Map<string, T | undefined>> {
    const asked = pods.map(async (pod) => {
      const answer = await inLane(() => ask(pod.status?.podIP ?? ""));
      return [nameOf(pod), answer] as const;
    });
    return new Map(await Promise.all(asked));
  }

  async function askAboutCapture(subject: Subject): Promise<void> {
    const said = await answers(capturers(subject.world), introspection.capture);
    const before = subject.capture;
    subject.capture = together([...said.values()].flatMap((one) => one ?? []));
    if (isKnown(subject) && !isDeepStrictEqual(before, subject.capture)) onChange(subject.key);
  }

  function meter(subject: Subject, limit: number): Rounds & { limit: number } {
    const meter = createTrafficMeter(limit);
    const pause = () => pauses.traffic[isUrgent(subject) ? "urgent" : "usual"];
    const asking = rounds(pause, async () => {
      const pods = subject.world.servers.filter(isRunning);
      const counts = await answers<RequestCount>(pods, introspection.traffic);
      // Another limit counts by now.
      if (subject.metering?.limit !== limit) return;
      const before = subject.traffic;
      subject.traffic = meter.round(counts, { now: clock.now(), patience: patience * pause() });
      if (isKnown(subject) && isNews(subject, before)) onChange(subject.key);
    });
    return { ...asking, limit };
  }

  function isUrgent({ model, world, capture }: Subject): boolean {
    return isAtWork(world) || options.isPending(model, { ...world, capture });
  }

  /** It may have been forgotten while the answer was under way. */
  function isKnown(subject: Subject): boolean {
    return subjects.get(subject.key) === subject;
  }

  function begin(key: string, model: ModelDeployment, world: Polled): Subject {
    const subject: Subject = { key, model, world, capturing: never };
    subjects.set(key, subject);
    const pause = () => pauses.capture[isAtWork(subject.world) ? "urgent" : "usual"];
    subject.capturing = rounds(pause, () => askAboutCapture(subject));
    return subject;
  }

  function forget(key: string): void {
    const subject = subjects.get(key);
    subject?.capturing.stop();
    subject?.metering?.stop();
    subjects.delete(key);
  }

  function meterAgain(subject: Subject, limit: number | undefined): void {
    subject.metering?.stop();
    subject.traffic = undefined;
    subject.metering = limit === undefined ? undefined : meter(subject, limit);
  }

  return {
    known(model, world) {
      const key = keyOf(model);
      if (!model.spec.capture) {
        forget(key);
        return {};
      }
      const subject = subjects.get(key) ?? begin(key, model, world);
      const before = subject.world;
      Object.assign(subject, { model, world });
      subject.capturing.adjust();
      if (names(capturers(world)) !== names(capturers(before))) subject.capturing.hurry(0);
      if (isAtWork(before) && !isAtWork(world)) subject.capturing.hurry(cached);
      const limit = model.spec.enrichment?.idle.maxRequestsPerSecond;
      if (subject.metering?.limit === limit) subject.metering?.adjust();
      else meterAgain(subject, limit);
      return { traffic: subject.traffic, capture: subject.capture };
    },
    forget,
    stop() {
      for (const key of subjects.keys()) forget(key);
    },
  };
}

const never: Rounds = { adjust() {}, hurry() {}, stop() {} };

/** The pods that keep what they are asked. */
function capturers({ servers, serving }: Polled): Pod[] {
  return servers.filter((pod) => isReady(pod) && revisionOf(pod) === serving);
}

function names(pods: Pod[]): string {
  return pods.map(nameOf).join(" ");
}

/** A server that is too busy to be ready is asked too. */
function isRunning(pod: Pod): boolean {
  const [container] = pod.status?.containerStatuses ?? [];
  return (
    isReady(pod) || (pod.status?.podIP !== undefined && container?.state?.running !== undefined)
  );
}

function isAtWork({ enrichmentJob: job }: Polled): boolean {
  return job !== undefined && !isFinished(job);
}

/** Another state, or the end of the wait for a quiet time; how long it has been quiet is no news. */
function isNews({ model, traffic }: Subject, before: Traffic | undefined): boolean {
  if (traffic?.state !== "Quiet" || before?.state !== "Quiet") {
    return !isDeepStrictEqual(before, traffic);
  }
  const end = milliseconds(model.spec.enrichment?.idle.for ?? "0s");
  return before.milliseconds < end && traffic.milliseconds >= end;
}
