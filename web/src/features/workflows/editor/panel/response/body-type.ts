// What an answer's body is, as its config tells: text, JSON, HTML or nothing. HTML is text with a `Content-Type`.

import type { Json, Pair } from "@/flow/document";
import { readJson, writeJson } from "@/flow/json-text";

export type BodyType = "json" | "text" | "html" | "none";

export const HTML = "text/html; charset=utf-8";

export function bodyTypeOf(body: Json | undefined, headers: Pair[]): BodyType {
  if (body === undefined || body === null) return "none";
  if (typeof body !== "string") return "json";
  return /^\s*text\/html\b/i.test(contentType(headers) ?? "") ? "html" : "text";
}

function contentType(headers: Pair[]): string | undefined {
  return headers.find(isContentType)?.value;
}

function isContentType({ name }: Pair): boolean {
  return name?.toLowerCase() === "content-type";
}

/** The config's body and headers for another type; what was written stays as far as it can. */
export function asType(type: BodyType, body: Json | undefined, headers: Pair[]): { body?: Json; headers?: Pair[] } {
  const text = body === undefined || body === null ? "" : typeof body === "string" ? body : writeJson(body);
  // A type that was only there for HTML goes with it.
  const others = /^\s*text\/html\b/i.test(contentType(headers) ?? "")
    ? headers.filter((header) => !isContentType(header))
    : headers;
  switch (type) {
    case "none":
      return { headers: listed(others) };
    case "text":
      return { body: text, headers: listed(others) };
    case "html":
      return {
        body: text,
        headers: [...headers.filter((header) => !isContentType(header)), { name: "Content-Type", value: HTML }],
      };
    case "json": {
      const read = readJson(text);
      const value = typeof body === "string" && !read.problem ? read.value : body;
      return { body: value ?? {}, headers: listed(others) };
    }
  }
}

function listed(headers: Pair[]): Pair[] | undefined {
  return headers.length > 0 ? headers : undefined;
}
