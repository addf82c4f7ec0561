// Which time a list shows: up to now for some hours, or between two moments.

export const RANGES = { "1h": 1, "24h": 24, "7d": 168, "30d": 720 } as const;
export type Range = keyof typeof RANGES | "any";

/** As it stands in an address. Without anything: the last 24 hours. */
export interface Span {
  range?: Range;
  /** RFC 3339; both or none. */
  from?: string;
  to?: string;
}

const isMoment = (text: unknown): text is string => typeof text === "string" && !Number.isNaN(Date.parse(text));

export function readSpan(search: Record<string, unknown>): Span {
  if (isMoment(search.from) && isMoment(search.to)) return { from: search.from, to: search.to };
  const range = search.range;
  return typeof range === "string" && (range in RANGES || range === "any") ? { range: range as Range } : {};
}

/** The moments to ask for. `any` has none. */
export function momentsOf(span: Span, now: number): { from?: string; to?: string } {
  if (span.from && span.to) return { from: span.from, to: span.to };
  const range = span.range ?? "24h";
  return range === "any" ? {} : { from: new Date(now - RANGES[range] * 3_600_000).toISOString() };
}

/** Whether something at this time belongs to it, now. */
export function isWithin(span: Span, at: string, now: number): boolean {
  const { from, to } = momentsOf(span, now);
  const time = Date.parse(at);
  return (from === undefined || time >= Date.parse(from)) && (to === undefined || time < Date.parse(to));
}
