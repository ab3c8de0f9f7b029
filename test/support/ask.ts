/** Status, type and content of an answer. */
export interface Answer {
  status: number;
  type: string | null;
  headers: Headers;
  /** Parsed when it is JSON, text otherwise. */
  body: unknown;
}

/** Sends a request and reads the whole answer. */
export async function ask(url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const type = response.headers.get("Content-Type");
  const text = await response.text();
  const body: unknown = type === "application/json" ? JSON.parse(text) : text;
  return { status: response.status, type, headers: response.headers, body };
}

/** Posts JSON; a text is sent as it is. */
export async function post(url: string, body: unknown, type = "application/json"): Promise<Answer> {
  return ask(url, {
    method: "POST",
    headers: { "Content-Type": type },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}
