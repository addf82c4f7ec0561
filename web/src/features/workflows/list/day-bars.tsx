import { shortTime } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import type { WorkflowFigures } from "./figures";

const HEIGHT = 24;
const STEP = 4;

/** The last 24 hours as bars, the failed part at the foot; the hours in which anything happened are told as a list, too. */
export function DayBars({ buckets }: { buckets: WorkflowFigures["buckets"] }) {
  const { t } = useTranslation("workflows");
  const busiest = Math.max(1, ...buckets.map((hour) => hour.succeeded + hour.failed + hour.other));
  // What happened at all is seen, however little it was beside the busiest hour.
  const height = (calls: number) => (calls === 0 ? 0 : Math.max(2, Math.round((calls / busiest) * (HEIGHT - 2))));
  return (
    <>
      <svg width={buckets.length * STEP} height={HEIGHT} aria-hidden className="shrink-0">
        <path d={`M0 ${HEIGHT - 0.5}h${buckets.length * STEP}`} stroke="var(--line)" />
        {buckets.map((hour, index) => {
          const failed = height(hour.failed);
          const fine = Math.min(height(hour.succeeded + hour.other), HEIGHT - failed);
          return (
            <g key={hour.at}>
              <rect x={index * STEP} y={HEIGHT - failed} width={STEP - 1} height={failed} fill="var(--failed)" />
              <rect x={index * STEP} y={HEIGHT - failed - fine} width={STEP - 1} height={fine} fill="var(--ink-3)" />
            </g>
          );
        })}
      </svg>
      <ul className="sr-only" aria-label={t("figures.by_hour")}>
        {buckets
          .filter((hour) => hour.succeeded + hour.failed + hour.other > 0)
          .map((hour) => (
            <li key={hour.at}>
              {t("figures.hour", { time: shortTime(hour.at), succeeded: hour.succeeded, failed: hour.failed })}
            </li>
          ))}
      </ul>
    </>
  );
}
