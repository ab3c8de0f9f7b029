import { deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { optional, type Case } from "../case.ts";
import { expect } from "../expect.ts";
import { modelPath, refusal, send, success, type Target } from "../target.ts";
import { expectSame, outputs } from "../tensor.ts";
import { expected } from "./inference.ts";

const packers = { gzip: gzipSync, deflate: deflateSync };
const unpackers = { gzip: gunzipSync, deflate: inflateSync };

type Encoding = keyof typeof packers;

const post = (target: Target, headers: Record<string, string>, body?: Buffer) =>
  send(`${modelPath(target)}/infer`, {
    headers: { "Content-Type": "application/json", ...headers },
    body: body ?? JSON.stringify({ inputs: target.inputs }),
  });

const request = (encoding: Encoding): Case =>
  optional(`a request may be compressed with ${encoding}`, async (target) => {
    const body = packers[encoding](JSON.stringify({ inputs: target.inputs }));
    const answer = success(await post(target, { "Content-Encoding": encoding }, body));
    expectSame(outputs(answer, target.metadata.outputs), await expected(target));
  });

const answer = (encoding: Encoding): Case =>
  optional(`a client that takes ${encoding} gets that or plain JSON`, async (target) => {
    const { body, ...head } = await post(target, { "Accept-Encoding": encoding });
    const used = head.headers["content-encoding"] ?? "identity";
    expect(used === encoding || used === "identity", `${encoding} or none`, used);
    const unpacked = used === "identity" ? body : unpackers[encoding](body);
    const found = outputs(success({ ...head, body: unpacked }), target.metadata.outputs);
    expectSame(found, await expected(target));
  });

/** Compressed bodies, which Triton's client can send and ask for. */
export const compression: Case[] = [
  request("gzip"),
  request("deflate"),
  answer("gzip"),
  answer("deflate"),
  optional("what is not what its encoding says is refused", async (target) =>
    refusal(await post(target, { "Content-Encoding": "gzip" })),
  ),
  optional("an unknown encoding is answered with 415", async (target) =>
    refusal(await post(target, { "Content-Encoding": "rot13" }), 415),
  ),
];
