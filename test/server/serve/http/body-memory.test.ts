import * as assert from "uvu/assert";
import { BodyMemory, type Share } from "../../../../server/src/serve/http/body-memory.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("body memory");
const kibibyte = 1024;

test("large bodies fill the memory, and small ones still find room", () => {
  const memory = new BodyMemory(100 * kibibyte);
  const [large, other, small]: Share[] = [{ bytes: 0 }, { bytes: 0 }, { bytes: 0 }];
  assert.ok(memory.take(large as Share, 100 * kibibyte));
  assert.not(memory.take(other as Share, 64 * kibibyte));
  assert.ok(memory.take(small as Share, 10 * kibibyte));
});

test("what was given back can be taken again", () => {
  const memory = new BodyMemory(100 * kibibyte);
  for (let round = 0; round < 10; round += 1) {
    const share = { bytes: 0 };
    assert.ok(memory.take(share, 50 * kibibyte));
    assert.ok(memory.take(share, 50 * kibibyte));
    memory.giveBack(share);
  }
});

test("a byte that comes alone takes more than a byte", () => {
  const memory = new BodyMemory(100 * kibibyte);
  const share = { bytes: 0 };
  let taken = 0;
  while (memory.take(share, 1)) taken += 1;
  assert.ok(taken > 100 && taken < kibibyte, `${taken} bytes`);
});

test.run();
