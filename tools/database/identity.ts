import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../support/command.ts";

/** What a server proves with that it is the one that was asked for; all in PEM. */
export interface Identity {
  /** The certificate of an authority that signed this one certificate and no other. */
  authority: string;
  certificate: string;
  key: string;
}

/** Makes an identity for a server that goes by a name. */
export async function createIdentity(name: string): Promise<Identity> {
  const folder = mkdtempSync(join(tmpdir(), "intendant-identity-"));
  const openssl = (line: string) => run("openssl", line.split(" "), { cwd: folder });
  const key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc";
  const read = (file: string) => readFileSync(join(folder, file), "utf8");
  try {
    writeFileSync(join(folder, "names"), `subjectAltName=DNS:${name}\n`);
    await openssl(`req -x509 ${key} -keyout ca.key -out ca.crt -days 365 -subj /CN=database-ca`);
    await openssl(`req ${key} -subj /CN=database -keyout key -out request`);
    const files = "-in request -out certificate -extfile names";
    await openssl(`x509 -req ${files} -CA ca.crt -CAkey ca.key -days 365`);
    return { authority: read("ca.crt"), certificate: read("certificate"), key: read("key") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
