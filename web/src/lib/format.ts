// Times, counts and sizes as people read them, in the language of the page and the zone of the browser.

import { language as spoken } from "./i18n";

const made = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat | Intl.RelativeTimeFormat>();

function of<T extends Intl.DateTimeFormat | Intl.NumberFormat | Intl.RelativeTimeFormat>(
  key: string,
  make: (language: string) => T,
): T {
  const language = spoken();
  const name = `${language} ${key}`;
  let format = made.get(name);
  if (!format) {
    format = make(language);
    made.set(name, format);
  }
  return format as T;
}

/** 12:03:41.220 */
export function clockTime(at: string): string {
  return of(
    "clock",
    (l) =>
      new Intl.DateTimeFormat(l, {
        hour: "2-digit",
        minute: "2-digit",
        second: "2-digit",
        fractionalSecondDigits: 3,
        hourCycle: "h23",
      }),
  ).format(new Date(at));
}

/** 12:03 */
export function shortTime(at: string | number): string {
  return of(
    "short",
    (l) => new Intl.DateTimeFormat(l, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  ).format(new Date(at));
}

/** 22 Nov 2026, 12:03 */
export function dateTime(at: string | number): string {
  return of("date", (l) => new Intl.DateTimeFormat(l, { dateStyle: "medium", timeStyle: "short" })).format(
    new Date(at),
  );
}

/** 22 Nov, 12:03:41 */
export function dayAndTime(at: string): string {
  return of(
    "day",
    (l) =>
      new Intl.DateTimeFormat(l, {
        day: "numeric",
        month: "short",
        hour: "2-digit",
        minute: "2-digit",
        second: "2-digit",
        hourCycle: "h23",
      }),
  ).format(new Date(at));
}

/** 2 minutes ago; `short` gives 2 min. ago */
export function ago(at: string, now = Date.now()): string {
  const seconds = Math.round((new Date(at).getTime() - now) / 1000);
  const format = of("ago", (l) => new Intl.RelativeTimeFormat(l, { numeric: "auto", style: "short" }));
  const past = Math.abs(seconds);
  if (past < 60) return format.format(seconds, "second");
  if (past < 3_600) return format.format(Math.trunc(seconds / 60), "minute");
  if (past < 86_400) return format.format(Math.trunc(seconds / 3_600), "hour");
  return format.format(Math.trunc(seconds / 86_400), "day");
}

/** 41 ms, 1.2 s, 3 min */
export function duration(ms: number): string {
  const unit = (value: number, name: string, digits: number) =>
    of(
      `${name}${digits}`,
      (l) =>
        new Intl.NumberFormat(l, { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: digits }),
    ).format(value);
  if (ms < 10) return unit(ms, "millisecond", 1);
  if (ms < 1_000) return unit(ms, "millisecond", 0);
  if (ms < 60_000) return unit(ms / 1_000, "second", 1);
  if (ms < 3_600_000) return unit(ms / 60_000, "minute", 1);
  return unit(ms / 3_600_000, "hour", 1);
}

/** Between two moments of the API, which have microseconds: in milliseconds. */
export function between(from: string, to: string): number {
  const micros = (at: string) => Number(/\.\d{3}(\d{0,3})/.exec(at)?.[1]?.padEnd(3, "0") ?? 0) / 1_000;
  return new Date(to).getTime() - new Date(from).getTime() + micros(to) - micros(from);
}

export function count(value: number): string {
  return of("count", (l) => new Intl.NumberFormat(l)).format(value);
}

/** 412 B, 1.3 kB */
export function bytes(value: number): string {
  const [number, unit, digits] =
    value < 1_000
      ? [value, "byte", 0]
      : value < 1_000_000
        ? [value / 1_000, "kilobyte", 1]
        : [value / 1_000_000, "megabyte", 1];
  return of(
    `${unit}`,
    (l) =>
      new Intl.NumberFormat(l, {
        style: "unit",
        unit: String(unit),
        unitDisplay: unit === "byte" ? "narrow" : "short",
        maximumFractionDigits: Number(digits),
      }),
  ).format(Number(number));
}
