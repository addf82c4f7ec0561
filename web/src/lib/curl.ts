// A request as a line for a terminal: what is pasted sends the same bytes.

export interface CurlRequest {
  url: string;
  /** `POST` unless told. */
  method?: string;
  /** With the query string's own escapes, without the `?`. */
  query?: string;
  headers?: readonly (readonly [string, string])[];
  body?: string | null;
  /** In place of `body`, where it is not text. */
  bodyBase64?: string | null;
  /** For Basic authentication. Without a password curl asks for it. */
  user?: { name: string; password?: string };
}

/** What belongs to the connection, or is worked out by curl itself. */
const BY_CURL = ["host", "content-length", "connection", "transfer-encoding", "accept-encoding", "expect"];

/** For a POSIX shell. Without headers of its own, a body is JSON. */
export function curl({ url, method = "POST", query, headers = [], body, bodyBase64, user }: CurlRequest): string {
  const sent = headers.filter(([name]) => !BY_CURL.includes(name.toLowerCase()));
  // No argument of a program can hold a NUL, so such bodies are piped in.
  const piped = bodyBase64 ?? (body?.includes("\0") ? base64(body) : undefined);
  const hasBody = piped !== undefined || (body !== undefined && body !== null && body !== "");
  if (hasBody && !sent.some(([name]) => name.toLowerCase() === "content-type")) {
    sent.push(["Content-Type", "application/json"]);
  }
  const parts = [
    // Brackets in a URL are curl's own wildcards unless it is told so.
    `curl -i ${/[[\]{}]/.test(query ?? "") ? "-g " : ""}${method === "HEAD" ? "-I" : `-X ${quoted(method)}`} ${quoted(query ? `${url}?${query}` : url)}`,
    ...(user ? [`-u ${quoted(user.password === undefined ? user.name : `${user.name}:${user.password}`)}`] : []),
    // A header without a value ends in a semicolon; with a colon curl would leave it out.
    ...sent.map(([name, value]) => `-H ${quoted(value.trim() === "" ? `${name};` : `${name}: ${value}`)}`),
    ...(piped !== undefined ? ["--data-binary @-"] : hasBody ? [`--data-raw ${quoted(body ?? "")}`] : []),
  ];
  const line = parts.join(" \\\n  ");
  return piped === undefined ? line : `printf %s ${quoted(piped)} | base64 -d | ${line}`;
}

/** One word of a POSIX shell, whatever is in it. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function base64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
}
