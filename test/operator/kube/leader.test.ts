import * as assert from "uvu/assert";
import type { V1Lease } from "@kubernetes/client-node";
import { ApiClient, type Api } from "../../../operator/src/kube/api.ts";
import { LeaderElection, type LeaderElectionOptions } from "../../../operator/src/kube/leader.ts";
import { kinds, type Wire } from "../../../operator/src/kube/resource.ts";
import { FakeApi } from "../../support/fake-api.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { suite } from "../../support/suite.ts";
import { until } from "../../../tools/support/until.ts";

interface Candidate {
  election: LeaderElection;
  clock: ManualClock;
  /** How often it was told that it lost the leadership. */
  losses: () => number;
  warnings: string[];
}

interface World {
  server: FakeApi;
  api: Api;
  candidate: (identity: string, options?: Partial<LeaderElectionOptions>) => Candidate;
  elections: LeaderElection[];
}

const test = suite<World>("leader");

const key = { namespace: "system", name: "intendant" };

test.before.each(async (world) => {
  const server = await FakeApi.start();
  world.server = server;
  world.api = new ApiClient(server.config(), { timeout: 1_000 });
  world.elections = [];
  world.candidate = (identity, options = {}) => {
    const clock = new ManualClock();
    const warnings: string[] = [];
    let losses = 0;
    const election = new LeaderElection({
      api: world.api,
      ...key,
      identity,
      onLost: () => (losses += 1),
      log: { warn: (_, message) => warnings.push(message) },
      clock,
      random: () => 0,
      ...options,
    });
    world.elections.push(election);
    return { election, clock, warnings, losses: () => losses };
  };
});

test.after.each(async ({ server, api, elections }) => {
  server.heal();
  await Promise.all(elections.map((election) => election.release()));
  await api.close();
  await server.close();
});

function lease(server: FakeApi) {
  return (server.objects.get(kinds.lease, key) as Wire<V1Lease> | undefined)?.spec;
}

/** Lets a candidate sleep until its next attempt and waits for that attempt to be over. */
async function nextAttempt({ clock }: Candidate, server: FakeApi): Promise<void> {
  await until(() => clock.pending.includes(2000));
  const before = server.requests.length;
  clock.advance(2000);
  await until(() => server.requests.length > before && clock.pending.includes(2000));
}

test("the first candidate creates the lease and leads", async ({ server, candidate }) => {
  const { election } = candidate("one");
  assert.not(election.isLeader());
  await election.acquire();
  assert.ok(election.isLeader());
  const { renewTime, acquireTime, ...rest } = lease(server)!;
  assert.equal(rest, { holderIdentity: "one", leaseDurationSeconds: 15, leaseTransitions: 0 });
  assert.is(renewTime, acquireTime);
  assert.match(renewTime!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
});

test("the leader renews without reading first", async ({ server, candidate }) => {
  const leader = candidate("one");
  await leader.election.acquire();
  for (let attempt = 0; attempt < 8; attempt += 1) await nextAttempt(leader, server);
  assert.ok(leader.election.isLeader());
  assert.is(server.received({ verb: "get" }).length, 1);
  assert.is(server.received({ verb: "update" }).length, 8);
});

test("a lease that is renewed is not taken over, whatever its clock says", async ({
  server,
  candidate,
}) => {
  const second = candidate("two");
  const write = (renewTime: string) =>
    server.objects.put(kinds.lease, {
      metadata: key,
      spec: { holderIdentity: "one", leaseDurationSeconds: 15, renewTime },
    } as Wire<V1Lease>);
  write("1999-01-01T00:00:00.000000Z");
  const acquired = second.election.acquire(AbortSignal.timeout(60_000));
  for (let minute = 1; minute <= 9; minute += 1) {
    await nextAttempt(second, server);
    await nextAttempt(second, server);
    write(`1999-01-01T00:0${minute}:00.000000Z`);
  }
  assert.not(second.election.isLeader());
  for (let attempt = 0; attempt < 7; attempt += 1) await nextAttempt(second, server);
  assert.not(second.election.isLeader());
  second.clock.advance(2000);
  // It is awake at the moment when the lease expires, and not a whole pause later.
  await until(() => second.clock.pending.includes(1000));
  second.clock.advance(999);
  assert.not(second.election.isLeader());
  second.clock.advance(1);
  await acquired;
  assert.ok(second.election.isLeader());
  assert.equal([lease(server)?.holderIdentity, lease(server)?.leaseTransitions], ["two", 1]);
});

test("after a release the next one need not wait", async ({ server, candidate }) => {
  const [first, second] = [candidate("one"), candidate("two")];
  await first.election.acquire();
  await first.election.release();
  assert.not(first.election.isLeader());
  assert.is(lease(server)?.holderIdentity, undefined);
  await second.election.acquire();
  assert.ok(second.election.isLeader());
  assert.is(first.losses(), 0);
});

test("of two who try at the same time, one leads", async ({ server, candidate }) => {
  const [first, second] = [candidate("one"), candidate("two")];
  const both = [first, second].map(({ election }) => election.acquire());
  await Promise.race(both);
  await until(() => [first, second].some(({ clock }) => clock.pending.length === 1));
  assert.is([first, second].filter(({ election }) => election.isLeader()).length, 1);
  const leader = first.election.isLeader() ? first : second;
  await leader.election.release();
  (leader === first ? second : first).clock.advance(2000);
  await Promise.all(both);
  assert.ok(lease(server)?.holderIdentity);
});

test("renewals that fail for long enough end the leadership", async ({ server, candidate }) => {
  const { election, clock, losses, warnings } = candidate("one");
  await election.acquire();
  server.failAlways({}, "internalError");
  for (let failures = 1; failures <= 4; failures += 1) {
    await until(() => clock.pending.includes(2000));
    clock.advance(2000);
    await until(() => warnings.length === failures);
  }
  assert.ok(election.isLeader());
  await until(() => clock.pending.includes(2000));
  clock.advance(1999);
  assert.ok(election.isLeader());
  clock.advance(1);
  assert.not(election.isLeader());
  assert.is(losses(), 1);
});

test("a server that hangs does not keep the leadership alive", async ({ server, candidate }) => {
  const { election, clock, losses } = candidate("one");
  await election.acquire();
  server.failAlways({}, "slowHeaders");
  await until(() => clock.pending.includes(2000));
  clock.advance(2000);
  await until(() => server.received({ verb: "update" }).length === 1);
  clock.advance(8000);
  assert.equal([election.isLeader(), losses()], [false, 1]);
});

test("a renewal that fails once is made good", async ({ server, candidate }) => {
  const leader = candidate("one");
  await leader.election.acquire();
  for (const trouble of ["conflict", "internalError", "truncatedBody", "badGateway"] as const) {
    server.fail({ verb: "update" }, trouble);
    await nextAttempt(leader, server);
    await nextAttempt(leader, server);
  }
  for (let attempt = 0; attempt < 3; attempt += 1) await nextAttempt(leader, server);
  assert.equal([leader.election.isLeader(), leader.losses()], [true, 0]);
  assert.is(lease(server)?.leaseTransitions, 0);
});

test("a lease that another one holds ends the leadership at once", async ({
  server,
  candidate,
}) => {
  const { election, clock, losses } = candidate("one");
  await election.acquire();
  const spec = { holderIdentity: "two", leaseDurationSeconds: 15 };
  server.objects.put(kinds.lease, { metadata: key, spec } as Wire<V1Lease>);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const before = server.requests.length;
    await until(() => clock.pending.includes(2000));
    clock.advance(2000);
    await until(() => server.requests.length > before);
  }
  await until(() => losses() === 1);
  assert.not(election.isLeader());
});

test("a lease that was deleted is made anew", async ({ server, candidate }) => {
  const leader = candidate("one");
  await leader.election.acquire();
  server.objects.remove(kinds.lease, key);
  await nextAttempt(leader, server);
  await nextAttempt(leader, server);
  assert.is(lease(server)?.holderIdentity, "one");
  assert.is(leader.losses(), 0);
});

test("a restarted leader takes its own lease up again", async ({ server, candidate }) => {
  await candidate("one").election.acquire();
  const restarted = candidate("one");
  await restarted.election.acquire();
  assert.ok(restarted.election.isLeader());
  assert.is(lease(server)?.leaseTransitions, 0);
});

test("a candidate goes on when the server is in trouble, and says so", async ({
  server,
  candidate,
}) => {
  const { election, clock, warnings } = candidate("one");
  server.fail({}, "forbidden", "internalError", "truncatedBody");
  const acquired = election.acquire();
  for (let failures = 1; failures <= 3; failures += 1) {
    await until(() => warnings.length === failures && clock.pending.includes(2000));
    clock.advance(2000);
  }
  await acquired;
  assert.ok(election.isLeader());
});

test("a candidate can be called off", async ({ server, candidate }) => {
  await candidate("one").election.acquire();
  const { election, clock } = candidate("two");
  const controller = new AbortController();
  const acquired = election.acquire(controller.signal).catch((error: Error) => error.name);
  await until(() => clock.pending.length === 1);
  controller.abort();
  assert.is(await acquired, "AbortError");
  assert.is(lease(server)?.holderIdentity, "one");
});

test("a release waits for the renewal under way", async ({ server, candidate }) => {
  const { election, clock } = candidate("one");
  await election.acquire();
  const answer = server.hold({ verb: "update" });
  clock.advance(2000);
  await until(() => server.received({ verb: "update" }).length === 1);
  const released = election.release();
  assert.not(election.isLeader());
  answer();
  await released;
  assert.not(election.isLeader());
  assert.is(lease(server)?.holderIdentity, undefined);
});

test("the deadline counts from when the renewal was sent", async ({ server, candidate }) => {
  const { election, clock } = candidate("one");
  await election.acquire();
  const answer = server.hold({ verb: "update" });
  clock.advance(2000);
  await until(() => server.received({ verb: "update" }).length === 1);
  clock.advance(500);
  answer();
  await until(() => clock.pending.length === 2);
  assert.equal(clock.pending, [2000, 9500]);
});

test("a release that cannot be written is logged", async ({ server, candidate }) => {
  const { election, warnings } = candidate("one");
  await election.acquire();
  server.fail({}, "internalError");
  await election.release();
  assert.equal(warnings, ["Could not release the leadership; it expires by itself"]);
});

test.run();
