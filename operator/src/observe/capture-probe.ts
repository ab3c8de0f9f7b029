import { isDeepStrictEqual } from "node:util";
import { keyOf, type ModelDeployment } from "../api/model-deployment.ts";
import { milliseconds } from "../api/units.ts";
import { systemClock, type Clock } from "../kube/clock.ts";
import { Lanes } from "../kube/lanes.ts";
import { nameOf, type Pod } from "../kube/objects.ts";
import { together, type CaptureReport } from "../state/capture-report.ts";
import { isFinished } from "../state/jobs.ts";
import { isReady, revisionOf, type Answers, type Observed } from "../state/observed.ts";
import { TrafficMeter, type Traffic } from "../state/traffic.ts";
import { BackgroundProbe, type Question } from "./background-probe.ts";
import type { Introspection } from "./server-client.ts";

/** Which pods to ask, and how urgent it is. */
export interface CaptureTargets extends Pick<Observed, "annotator" | "enrichmentJob" | "pods"> {
  /** Pods of the model server that are not about to go. */
  servers: Pod[];
  /** The revision that receives traffic. */
  serving: string | undefined;
}

/** What shows how far the enrichment of a model is. */
type Progress = Pick<Observed, "annotator" | "enrichmentJob" | "capture">;

/** Which servers to ask how, and whom to tell. */
export interface CaptureProbeOptions {
  introspection: Pick<Introspection, "traffic" | "capture">;
  /** Whether captured requests wait for their label, as far as the servers' reports tell. */
  isPending: (model: ModelDeployment, progress: Progress) => boolean;
  /** Called with `namespace/name` of a ModelDeployment when there is news of it. */
  onChange: (key: string) => void;
  /** Requests under way at the same time, 64 unless said. */
  concurrency?: number;
  clock?: Clock;
}

/** Milliseconds from one round to the next: while the workers need it, and otherwise. */
const periods = {
  traffic: { urgent: 5_000, usual: 30_000 },
  capture: { urgent: 10_000, usual: 30_000 },
};

/** Milliseconds for which a server answers from its last look at the database. */
const cached = 6_000;

/** Rounds in which a pod may fail to answer. */
const patience = 3;

/** The answers of one round. */
type Round = { kind: "capture"; report: CaptureReport } | { kind: "traffic"; traffic: Traffic };

/**
 * Asks the servers of models with capture again and again: for their connection to the database,
 * and, with enrichment, for the number of requests.
 */
export class CaptureProbe {
  readonly #introspection: CaptureProbeOptions["introspection"];
  readonly #isPending: CaptureProbeOptions["isPending"];
  readonly #clock: Clock;
  readonly #lanes: Lanes;
  readonly #probe: BackgroundProbe<Round>;
  /** What was to be asked last, by ModelDeployment. */
  readonly #targets = new Map<string, CaptureTargets>();
  readonly #meters = new Map<string, { limit: number; meter: TrafficMeter }>();

  constructor(options: CaptureProbeOptions) {
    const { introspection, isPending, onChange, concurrency = 64, clock = systemClock } = options;
    this.#introspection = introspection;
    this.#isPending = isPending;
    this.#clock = clock;
    this.#lanes = new Lanes(concurrency);
    // The requests of a round are what is limited, not the rounds.
    this.#probe = new BackgroundProbe({ onChange, concurrency: Infinity, clock });
  }

  /** Asks from now on as often as a model needs, which is not at all without capture. */
  watch(model: ModelDeployment, targets: CaptureTargets): void {
    const key = keyOf(model);
    if (!model.spec.capture) return this.forget(key);
    const before = this.#targets.get(key) ?? targets;
    this.#targets.set(key, targets);
    const limit = model.spec.enrichment?.idle.maxRequestsPerSecond;
    const questions = new Map([["capture", this.#capture(targets)]]);
    if (limit === undefined) this.#meters.delete(key);
    else questions.set("traffic", this.#traffic(model, targets, limit));
    this.#probe.watch(key, questions);
    if (names(capturing(targets)) !== names(capturing(before))) {
      this.#probe.askWithin(key, "capture", 0);
    }
    if (isAtWork(before) && !isAtWork(targets)) this.#probe.askWithin(key, "capture", cached);
  }

  /** The latest answers about a model. */
  latest(model: ModelDeployment): Pick<Answers, "capture" | "traffic"> {
    const rounds = this.#probe.latest(keyOf(model));
    const [capture, traffic] = [rounds.get("capture"), rounds.get("traffic")];
    return {
      ...(capture?.kind === "capture" && { capture: capture.report }),
      ...(traffic?.kind === "traffic" && { traffic: traffic.traffic }),
    };
  }

  /** Asks nothing more about a ModelDeployment that is gone. */
  forget(key: string): void {
    this.#probe.forget(key);
    this.#targets.delete(key);
    this.#meters.delete(key);
  }

  /** Asks nothing more. */
  stop(): void {
    this.#probe.stop();
  }

  #capture(targets: CaptureTargets): Question<Round> {
    const ask = async (): Promise<Round> => {
      const reports = await this.#askAll(capturing(targets), (podIP) =>
        this.#introspection.capture(podIP),
      );
      return { kind: "capture", report: together([...reports.values()].flatMap((it) => it ?? [])) };
    };
    const repeat = () => periods.capture[isAtWork(targets) ? "urgent" : "usual"];
    return { about: "capture", ask, repeat };
  }

  #traffic(model: ModelDeployment, targets: CaptureTargets, limit: number): Question<Round> {
    const meter = this.#meter(keyOf(model), limit);
    const period = () => periods.traffic[this.#isUrgent(model, targets) ? "urgent" : "usual"];
    const ask = async (): Promise<Round | undefined> => {
      const counts = await this.#askAll(targets.servers.filter(isRunning), (podIP) =>
        this.#introspection.traffic(podIP),
      );
      const rules = { now: this.#clock.now(), patience: patience * period() };
      const traffic = meter.round(counts, rules);
      return traffic && { kind: "traffic", traffic };
    };
    const isNews = (round: Round, before: Round | undefined) => isNewTraffic(model, round, before);
    return { about: `traffic above ${limit}`, ask, repeat: period, isNews };
  }

  /** A meter for this limit, which goes on as long as the limit stays. */
  #meter(key: string, limit: number): TrafficMeter {
    const known = this.#meters.get(key);
    if (known?.limit === limit) return known.meter;
    const meter = new TrafficMeter(limit);
    this.#meters.set(key, { limit, meter });
    return meter;
  }

  #isUrgent(model: ModelDeployment, targets: CaptureTargets): boolean {
    const { capture } = this.latest(model);
    return isAtWork(targets) || this.#isPending(model, { ...targets, capture });
  }

  /** What pods answer, by their names. */
  async #askAll<T>(
    pods: Pod[],
    ask: (podIP: string) => Promise<T | undefined>,
  ): Promise<Map<string, T | undefined>> {
    const answers = pods.map(async (pod) => {
      const answer = await this.#lanes.run(() => ask(pod.status?.podIP ?? ""));
      return [nameOf(pod), answer] as const;
    });
    return new Map(await Promise.all(answers));
  }
}

/** The pods that capture requests. */
function capturing({ servers, serving }: CaptureTargets): Pod[] {
  return servers.filter((pod) => isReady(pod) && revisionOf(pod) === serving);
}

function names(pods: Pod[]): string {
  return pods.map(nameOf).join(" ");
}

/** A server that is too busy to be ready counts as well. */
function isRunning(pod: Pod): boolean {
  const [container] = pod.status?.containerStatuses ?? [];
  return (
    isReady(pod) || (pod.status?.podIP !== undefined && container?.state?.running !== undefined)
  );
}

function isAtWork({ enrichmentJob: job }: CaptureTargets): boolean {
  return job !== undefined && !isFinished(job);
}

/** Another state, or the end of the idle period; how long it has been quiet is no news. */
function isNewTraffic({ spec }: ModelDeployment, round: Round, before: Round | undefined): boolean {
  const [now, then] = [quietFor(round), quietFor(before)];
  if (now === undefined || then === undefined) return !isDeepStrictEqual(round, before);
  const end = milliseconds(spec.enrichment?.idle.for ?? "0s");
  return then < end && now >= end;
}

/** Milliseconds for which it has been quiet; undefined when it is not. */
function quietFor(round: Round | undefined): number | undefined {
  if (round?.kind !== "traffic" || round.traffic.state !== "Quiet") return undefined;
  return round.traffic.milliseconds;
}
