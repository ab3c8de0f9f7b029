import * as assert from "uvu/assert";
import { kinds } from "../../../operator/src/kube/resource.ts";
import { FakeStore, type Refusal, type Stored } from "../../support/fake-store.ts";
import { suite } from "../../support/suite.ts";

const test = suite("fake store");

const metadata = { namespace: "demo", name: "iris" };
const key = metadata;
const operator = { manager: "intendant" };

test("applying the same twice changes nothing the second time", () => {
  const store = new FakeStore();
  const changes: number[] = [];
  store.listen(({ version }) => changes.push(version));
  const body = { metadata, spec: { selector: { app: "iris" } } };
  const first = store.apply(kinds.service, body, operator);
  assert.equal(store.apply(kinds.service, body, operator), first);
  assert.equal(changes.length, 1);
});

test("a field that its only manager leaves out is removed", () => {
  const store = new FakeStore();
  apply(store, { a: 1, deep: { b: 2 } });
  assert.equal(apply(store, { a: 1 }).spec, { a: 1 });
});

test("a field that another manager applied too stays", () => {
  const store = new FakeStore();
  apply(store, { a: 1, b: 2 });
  apply(store, { b: 2 }, "other");
  assert.equal(apply(store, { a: 1 }).spec, { a: 1, b: 2 });
});

test("a field that somebody else changed is theirs, until it is applied again", () => {
  const store = new FakeStore();
  apply(store, { a: 1, b: 2 });
  store.replace(kinds.service, { metadata, spec: { a: 1, b: 3 } } as Stored);
  assert.equal(apply(store, { a: 1 }).spec, { a: 1, b: 3 });
  assert.equal(apply(store, { a: 1, b: 4 }).spec, { a: 1, b: 4 });
});

test("replicas that their manager leaves out fall back to 1", () => {
  const store = new FakeStore();
  const applied = (spec: object) =>
    store.apply(kinds.deployment, { metadata, spec } as Stored, operator).spec;
  assert.equal(applied({ replicas: 3, paused: true }), { replicas: 3, paused: true });
  assert.equal(applied({ paused: true }), { replicas: 1, paused: true });
});

test("an apply that names an older resource version is a conflict", () => {
  const store = new FakeStore();
  const { resourceVersion } = apply(store, { a: 1 }).metadata;
  apply(store, { a: 2 });
  const body = { metadata: { ...metadata, resourceVersion }, spec: { a: 3 } } as Stored;
  assert.throws(
    () => store.apply(kinds.service, body, operator),
    ({ status }: Refusal) => status === 409,
  );
});

test("the generation counts changes of the spec, and nothing else", () => {
  const store = new FakeStore();
  apply(store, { a: 1 });
  const status = { metadata, status: { ready: true } } as Stored;
  store.apply(kinds.service, status, { ...operator, subresource: "status" });
  assert.is(store.get(kinds.service, key)?.metadata.generation, 1);
  assert.is(apply(store, { a: 2 }).metadata.generation, 2);
});

test("spec and status are written apart", () => {
  const store = new FakeStore();
  const writer = { ...operator, subresource: "status" };
  apply(store, { a: 1 });
  store.apply(kinds.service, { metadata, spec: { a: 9 }, status: { b: 2 } } as Stored, writer);
  const { spec, status } = apply(store, { a: 3 });
  assert.equal({ spec, status }, { spec: { a: 3 }, status: { b: 2 } });
});

test("changes from before a compaction are gone", () => {
  const store = new FakeStore();
  const before = store.version;
  apply(store, { a: 1 });
  assert.is(store.since(before).length, 1);
  store.compact();
  assert.equal(store.since(store.version), []);
  assert.throws(
    () => store.since(before),
    (error: Refusal) => error.status === 410,
  );
});

function apply(store: FakeStore, spec: object, manager = "intendant"): Stored {
  return store.apply(kinds.service, { metadata, spec } as Stored, { manager });
}

test.run();
