// What a body is: text or bytes, and JSON inside.

export interface Content {
  body: string | null;
  body_base64: string | null;
}

export function sizeOf({ body, body_base64 }: Content): number {
  if (body !== null) return new TextEncoder().encode(body).length;
  if (body_base64 === null) return 0;
  return (body_base64.length / 4) * 3 - (body_base64.match(/=+$/)?.[0].length ?? 0);
}

/** The value of a body that is JSON; undefined of any other. */
export function jsonOf(text: string | null): unknown {
  if (text === null || !/^\s*[[{"\-\dtfn]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function header(headers: readonly (readonly string[])[], wanted: string): string | undefined {
  return headers.find(([name]) => name?.toLowerCase() === wanted)?.[1];
}
