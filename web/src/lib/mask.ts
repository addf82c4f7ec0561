// Headers that prove who somebody is. They are shown as dots until somebody who may operate asks for them,
// and never go into what is copied or downloaded.

export const MASK = "•••";

const SECRET =
  /^(authorization|proxy-authorization|cookie|set-cookie|x-api-key|api-key|x-auth-token|x-amz-security-token|x-gitlab-token|x-csrf-token)$|signature|(^|-)hmac(-|$)|(^|-)secret(-|$)/i;

export function isSecret(name: string): boolean {
  return SECRET.test(name);
}

export type HeaderLine = readonly [name: string, value: string];

/** Header lines of the API, as pairs. */
export function linesOf(headers: readonly (readonly string[])[]): HeaderLine[] {
  return headers.map(([name = "", value = ""]) => [name, value]);
}

export function masked(headers: readonly (readonly string[])[]): [string, string][] {
  return linesOf(headers).map(([name, value]) => [name, isSecret(name) ? MASK : value]);
}

/** A value whose `headers`, as nodes that call others have them, say nothing secret: pairs, objects with name and value, or an object by name. */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !("headers" in value)) return value;
  return { ...value, headers: hidden(value.headers) };
}

function hidden(headers: unknown): unknown {
  if (Array.isArray(headers)) {
    return headers.map((line: unknown) => {
      if (Array.isArray(line)) return isSecret(String(line[0])) ? [line[0], MASK] : line;
      if (typeof line !== "object" || line === null || !("name" in line)) return line;
      return isSecret(String(line.name)) ? { ...line, value: MASK } : line;
    });
  }
  if (typeof headers !== "object" || headers === null) return headers;
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, isSecret(name) ? MASK : value]));
}
