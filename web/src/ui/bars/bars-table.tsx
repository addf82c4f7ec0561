import { count, dateTime, shortTime } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { type Bucket, type Series, total } from "./bars";

/** The numbers of the bars, newest first; times without any are left out. */
export function BarsTable({
  label,
  buckets,
  series,
  ends,
}: {
  label: string;
  buckets: Bucket[];
  series: Series[];
  ends: (index: number) => string;
}) {
  const { t } = useTranslation("inspect");
  const rows = buckets.map((bucket, index) => ({ bucket, index })).filter(({ bucket }) => total(bucket, series) > 0);
  return (
    <section
      className="max-h-56 overflow-auto rounded-control border border-line"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
      tabIndex={0}
      aria-label={t("bars.numbers")}
    >
      <table className="w-full text-left text-body">
        <caption className="sr-only">{label}</caption>
        <thead className="sticky top-0 bg-sunken text-meta text-ink-2">
          <tr>
            <th scope="col" className="px-3 py-1.5 font-medium">
              {t("bars.time")}
            </th>
            {series.map(({ id, label }) => (
              <th key={id} scope="col" className="px-3 py-1.5 text-right font-medium">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.toReversed().map(({ bucket, index }) => (
            <tr key={bucket.at} className="border-t border-line">
              <th scope="row" className="px-3 py-1 font-normal whitespace-nowrap">
                {dateTime(bucket.at)} – {shortTime(ends(index))}
              </th>
              {series.map(({ id }) => (
                <td key={id} className="px-3 py-1 text-right">
                  {count(bucket.counts[id] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
