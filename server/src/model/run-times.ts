/**
 * Learns how long runs of a model take: a fixed part, and a part that grows with the size of their
 * inputs in bytes.
 *
 * Each run moves both parts a tenth of the way to what it showed, in proportion to their share in
 * it (normalised least mean squares), so that one slow run says little and a trend is followed.
 * A run that took very much longer counts as several times as long as expected: then the process
 * was kept from computing, and the next run will not be.
 */
export class RunTimes {
  #fixed = 0;
  #perByte = 0;
  /** Bytes that weigh as much as the fixed part; 0 before the first run. */
  #scale = 0;

  /** Seconds that a number of runs take with so many bytes in all. */
  predict(bytes: number, runs = 1): number {
    return runs * this.#fixed + bytes * this.#perByte;
  }

  /** Bytes that a run within so many seconds has. */
  sizeWithin(seconds: number): number {
    return this.#perByte === 0 ? Infinity : (seconds - this.#fixed) / this.#perByte;
  }

  /** Learns from a run. */
  observe(bytes: number, seconds: number): void {
    const step = this.#scale === 0 ? 1 : 0.1;
    this.#scale ||= Math.max(bytes, 1);
    const size = bytes / this.#scale;
    const expected = this.predict(bytes);
    const most = step === 1 ? Infinity : Math.max(leastOutlierSeconds, mostSurprise * expected);
    const move = (step * (Math.min(seconds, most) - expected)) / (1 + size * size);
    this.#fixed = Math.max(0, this.#fixed + move);
    this.#perByte = Math.max(0, this.#perByte + (move * size) / this.#scale);
  }

  /** Takes both parts from a small and a large run, because runs of one size do not tell them apart. */
  calibrate(small: Timing, large: Timing): void {
    if (small.bytes === 0) return this.observe(small.bytes, small.seconds);
    const growth = (large.seconds - small.seconds) / (large.bytes - small.bytes);
    // More than in proportion is noise, and so is less than nothing.
    const most = small.seconds / small.bytes;
    this.#scale = small.bytes;
    this.#perByte = Math.min(Math.max(growth, 0), most);
    this.#fixed = small.seconds - small.bytes * this.#perByte;
  }
}

/** Seconds of a run that are always believed. */
const leastOutlierSeconds = 0.001;

/** How many times what was expected is believed. */
const mostSurprise = 4;

/** How long a run with inputs of some size took. */
export interface Timing {
  bytes: number;
  seconds: number;
}
