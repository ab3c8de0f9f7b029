/** The addresses of one cluster: a part of 10.0.0.0/8 that nothing else on the machine uses. */
export interface Addresses {
  /** All of the cluster's addresses; the host has one route to it. */
  network: string;
  /** The host's end of the link. */
  host: string;
  node: string;
  /** The pods of the one node. */
  pods: string;
  services: string;
  /** The Service `kubernetes`, which is always the first. */
  apiService: string;
  dnsService: string;
}

/** The addresses within 10.`octet`.0.0/16. */
export function addresses(octet: number): Addresses {
  const prefix = `10.${octet}`;
  return {
    network: `${prefix}.0.0/16`,
    host: `${prefix}.0.1`,
    node: `${prefix}.0.2`,
    pods: `${prefix}.64.0/18`,
    services: `${prefix}.128.0/18`,
    apiService: `${prefix}.128.1`,
    dnsService: `${prefix}.128.10`,
  };
}

/**
 * Chooses the second octet of a cluster's network: the first one, counted from a number that
 * derives from the cluster's id, that overlaps none of the machine's routes.
 *
 * @param routes destinations as `ip route` prints them: `10.1.0.0/16`, `10.2.0.7`, `default`
 */
export function freeOctet(id: string, routes: string[]): number {
  const first = Number.parseInt(id.slice(0, 2), 16);
  const octets = Array.from({ length: 256 }, (_, index) => (first + index) % 256);
  const free = octets.find((octet) => !routes.some((route) => overlaps(route, octet)));
  if (free === undefined) {
    throw new Error("Every network 10.X.0.0/16 overlaps a route of this machine; see: ip route");
  }
  return free;
}

function overlaps(route: string, octet: number): boolean {
  const [address = "", length = "32"] = route.split("/");
  const bytes = address.split(".").map(Number);
  // A default route is not in the way of anything more exact.
  if (bytes.length !== 4 || length === "0") return false;
  const bits = Math.min(Number(length), 16);
  const mask = (0xffff << (16 - bits)) & 0xffff;
  const theirs = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  return (theirs & mask) === (((10 << 8) | octet) & mask);
}
