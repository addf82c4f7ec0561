import { useSyncExternalStore } from "react";
import { ago, clockTime, dateTime } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";

let now = Date.now();
const watching = new Set<() => void>();
setInterval(() => {
  now = Date.now();
  for (const each of watching) each();
}, 15_000);

/** The time of this window, renewed now and then, so that "2 minutes ago" does not stay so. */
function useNow(): number {
  return useSyncExternalStore(
    (changed) => {
      watching.add(changed);
      return () => watching.delete(changed);
    },
    () => now,
  );
}

/** A moment; the exact one in UTC is its title. `as`: how long ago, the time of day, or date and time. */
export function Time({ at, as = "ago" }: { at: string; as?: "ago" | "clock" | "date" }) {
  useTranslation();
  const current = useNow();
  const text =
    as === "ago" ? ago(at, Math.max(current, new Date(at).getTime())) : as === "clock" ? clockTime(at) : dateTime(at);
  return (
    <time dateTime={at} title={at} className="whitespace-nowrap">
      {text}
    </time>
  );
}
