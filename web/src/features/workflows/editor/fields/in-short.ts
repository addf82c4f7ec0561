import type { Json } from "@/flow/document";

/** A value in one line; text without its quotes unless nothing else would be seen. */
export function inShort(value: Json, most = 120): string {
  const text = typeof value === "string" && value.trim() !== "" ? value.replaceAll(/\s+/g, " ") : JSON.stringify(value);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
