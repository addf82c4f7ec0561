import { bytes, count, duration } from "@/lib/format";

/** A setting's value with its unit, as people read it; an em dash for nothing. */
export function inWords(value: unknown, unit: string | null): string {
  if (value === null || value === "" || (Array.isArray(value) && value.length === 0)) return "—";
  if (typeof value !== "number") return Array.isArray(value) ? value.join(", ") : String(value);
  if (unit === "milliseconds") return duration(value);
  if (unit === "bytes") return bytes(value);
  return unit === null || unit === "count" ? count(value) : `${count(value)} ${unit}`;
}
