/** Bytes that every request has for itself, so that large bodies keep no small one out. */
const ownBytes = 16 * 1024;

/** What a piece of a body takes beside its bytes; some clients send them one by one. */
const pieceBytes = 256;

/** What one request has taken. */
export interface Share {
  bytes: number;
}

/** The memory that the bodies of all requests share, so that together they do not fill it. */
export class BodyMemory {
  readonly #most: number;
  #taken = 0;

  constructor(most = usualMost()) {
    this.#most = most;
  }

  /** Adds a piece to a share; false when there is no memory for it. */
  take(share: Share, bytes: number): boolean {
    const before = beyondOwn(share);
    share.bytes += bytes + pieceBytes;
    const after = beyondOwn(share);
    this.#taken += after - before;
    return after === 0 || this.#taken <= this.#most;
  }

  giveBack(share: Share): void {
    this.#taken -= beyondOwn(share);
    share.bytes = 0;
  }
}

const beyondOwn = ({ bytes }: Share) => Math.max(0, bytes - ownBytes);

/** A quarter of what the container has, because a body is also there as text and as numbers. */
function usualMost(): number {
  return Math.min(256 * 1024 * 1024, (process.constrainedMemory() || Infinity) / 4);
}
