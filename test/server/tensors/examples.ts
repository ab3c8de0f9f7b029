import type { Datatype } from "../../../server/src/tensors/datatypes.ts";

/** Two values of each datatype, the least and the greatest where there are such. */
export const examples: [datatype: Datatype, values: unknown[]][] = [
  ["BOOL", [true, false]],
  ["UINT8", [0, 255]],
  ["UINT16", [0, 65_535]],
  ["UINT32", [0, 4_294_967_295]],
  ["INT8", [-128, 127]],
  ["INT16", [-32_768, 32_767]],
  ["INT32", [-2_147_483_648, 2_147_483_647]],
  ["INT64", [-1, 9_007_199_254_740_991]],
  ["UINT64", [0, 9_007_199_254_740_991]],
  ["FP16", [-65_504, 0.5]],
  ["FP32", [-3.4028234663852886e38, 0.5]],
  ["FP64", [-1.7976931348623157e308, 0.1]],
  ["BYTES", ["", "À bientôt 👋"]],
];
