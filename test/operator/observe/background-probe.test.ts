import * as assert from "uvu/assert";
import { BackgroundProbe, type Question } from "../../../operator/src/observe/background-probe.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { suite } from "../../support/suite.ts";

const test = suite("background probe");

/** A probe whose questions the test answers, one after the other. */
function probed(concurrency = 10) {
  const clock = new ManualClock();
  const asked: string[] = [];
  const news: string[] = [];
  const open: ((answer: string | undefined) => void)[] = [];
  const probe = new BackgroundProbe<string>({
    onChange: (key) => news.push(key),
    concurrency,
    clock,
    backoff: () => 1_000,
  });
  const question = (name: string, parts: Partial<Question<string>> = {}): Question<string> => ({
    about: name,
    repeat: "untilAnswered",
    ask() {
      asked.push(name);
      return new Promise((resolve) => open.push(resolve));
    },
    ...parts,
  });
  return {
    probe,
    clock,
    asked,
    news,
    question,
    watch: (key: string, ...questions: Question<string>[]) =>
      probe.watch(key, new Map(questions.map((one) => [one.about.split(" ")[0] ?? "", one]))),
    answer: async (answer?: string) => {
      open.shift()!(answer);
      await new Promise(setImmediate);
    },
  };
}

test("keeps an answer and calls for one pass", async () => {
  const { probe, watch, question, answer, news } = probed();
  watch("demo/one", question("digest"));
  assert.is(probe.latest("demo/one").size, 0);
  await answer("abc");
  assert.equal(news, ["demo/one"]);
  assert.equal(probe.latest("demo/one"), new Map([["digest", "abc"]]));
});

test("asks again with back-off until there is an answer", async () => {
  const { watch, question, answer, asked, clock, news } = probed();
  watch("demo/one", question("digest"));
  await answer();
  clock.advance(999);
  assert.is(asked.length, 1);
  clock.advance(1);
  assert.is(asked.length, 2);
  await answer("abc");
  clock.advance(3_600_000);
  assert.is(asked.length, 2);
  assert.is(news.length, 1);
});

test("asks at a period that counts from the beginning of the last time", async () => {
  const { watch, question, answer, asked, clock } = probed();
  const rounds = question("traffic", { repeat: () => 5_000 });
  watch("demo/one", rounds);
  clock.advance(3_000);
  await answer("quiet");
  clock.advance(2_000);
  assert.is(asked.length, 2);
});

test("follows a period that has become shorter on the next watch", async () => {
  const { watch, question, answer, asked, clock } = probed();
  watch("demo/one", question("traffic", { repeat: () => 30_000 }));
  await answer("quiet");
  clock.advance(10_000);
  watch("demo/one", question("traffic", { repeat: () => 5_000 }));
  assert.is(asked.length, 2);
});

test("asks earlier when it is told to, and no other question with it", async () => {
  const { probe, watch, question, answer, asked, clock } = probed();
  const often = { repeat: () => 30_000 };
  watch("demo/one", question("traffic", often), question("capture", often));
  await answer("quiet");
  await answer("connected");
  probe.askWithin("demo/one", "capture", 6_000);
  clock.advance(6_000);
  assert.equal(asked, ["traffic", "capture", "capture"]);
});

test("forgets the answer when the question is about something else", async () => {
  const { probe, watch, question, answer } = probed();
  const changing = { repeat: "whileChanging" } as const;
  watch("demo/one", question("unready pod-1", changing));
  await answer("loading");
  watch("demo/one", question("unready pod-2", changing));
  assert.is(probe.latest("demo/one").size, 0);
});

test("drops the answer to a question that is over", async () => {
  const { probe, watch, question, answer, news } = probed();
  watch("demo/one", question("digest"));
  watch("demo/one");
  await answer("abc");
  assert.equal(news, []);
  assert.is(probe.latest("demo/one").size, 0);
});

test("asks as many questions at once as it may, and the next one when one is answered", async () => {
  const { watch, question, answer, asked } = probed(1);
  watch("demo/one", question("first"));
  watch("demo/two", question("second"));
  assert.equal(asked, ["first"]);
  await answer("abc");
  assert.equal(asked, ["first", "second"]);
});

test("plans nothing once it was stopped", async () => {
  const { probe, watch, question, answer, clock } = probed();
  watch("demo/one", question("traffic", { repeat: () => 5_000 }));
  await answer("quiet");
  probe.stop();
  assert.equal(clock.pending, []);
});

test.run();
