import { useTranslation } from "@/lib/i18n";
import { Bars } from "@/ui/bars/bars";
import type { ExecutionFilter } from "../filter";
import { SERIES, useHistogram } from "./feed";

/** How many there were when. Choosing a time narrows the list to it. */
export function Histogram({
  filter,
  onChange,
}: {
  filter: ExecutionFilter;
  onChange: (part: Partial<ExecutionFilter>) => void;
}) {
  const { t } = useTranslation(["executions", "common"]);
  const { buckets, to, isPartial } = useHistogram(filter);
  // Room for it from the start, so that nothing jumps.
  if (buckets.length === 0) return <div className="h-19" />;
  return (
    <div>
      <Bars
        label={t("bars.label")}
        buckets={buckets}
        to={to}
        series={SERIES.map(({ id, color }) => ({
          id,
          color,
          label: id === "open" ? t("bars.open") : t(`common:status.${id}`),
        }))}
        onChoose={(from, to) => onChange({ from, to, range: undefined })}
      />
      {isPartial && <p className="meta">{t("bars.partial")}</p>}
    </div>
  );
}
