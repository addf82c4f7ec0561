import { Link } from "@tanstack/react-router";
import { useRef } from "react";
import type { Schema } from "@/api/client";
import { useMay } from "@/api/may";
import { count, duration } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { Badge } from "@/ui/feedback";
import { Time } from "@/ui/time";
import { Checkbox, Switch } from "@/ui/toggle";
import { DayBars } from "./day-bars";
import { useDraftDiffers } from "./draft-differs";
import type { WorkflowFigures } from "./figures";
import { ROW_LINK } from "./row-keys";
import { RowMenu } from "./row-menu";

type Item = Schema["WorkflowItem"];

/** One workflow. The link of its name covers the row, but for what can be pressed by itself. */
export function WorkflowRow({
  item,
  figures,
  isChosen,
  onChoose,
  onSwitch,
  onDelete,
}: {
  item: Item;
  figures: WorkflowFigures | undefined;
  isChosen: boolean;
  onChoose: () => void;
  onSwitch: (enabled: boolean) => void;
  onDelete: () => void;
}) {
  const { t } = useTranslation("workflows");
  const mayAuthor = useMay("author");
  const row = useRef<HTMLTableRowElement>(null);
  const cell = "relative px-2 py-2 align-middle max-narrow:p-0";
  const above = "relative z-1 w-fit";
  return (
    <tr
      ref={row}
      className={`group relative border-b border-line last:border-b-0 hover:bg-hover max-narrow:grid max-narrow:grid-cols-[auto_minmax(0,1fr)_auto] max-narrow:items-center max-narrow:gap-x-3 max-narrow:gap-y-1 max-narrow:rounded-card max-narrow:border max-narrow:bg-surface max-narrow:p-3 ${isChosen ? "bg-accent-soft" : ""}`}
    >
      <td className={`${cell} pl-4 max-narrow:hidden`}>
        <div className={above}>
          <Checkbox aria-label={t("row.choose", { title: item.title })} isSelected={isChosen} onChange={onChoose} />
        </div>
      </td>
      <td className={cell}>
        <div className={above}>
          <Switch
            aria-label={t("row.on", { title: item.title })}
            isSelected={item.enabled}
            onChange={onSwitch}
            isDisabled={!mayAuthor}
          />
        </div>
      </td>
      <td className="px-2 py-2 align-middle max-narrow:min-w-0 max-narrow:p-0">
        <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
          <Link
            to="/workflows/$key"
            params={{ key: item.key }}
            {...{ [ROW_LINK]: item.key }}
            dir="auto"
            className="min-w-0 truncate text-control font-medium outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
          >
            {item.title}
          </Link>
          <DraftMark item={item} row={row} />
          {item.tags.map((tag) => (
            <Badge key={tag}>{tag}</Badge>
          ))}
        </div>
      </td>
      <td className={`${cell} text-ink-2 max-narrow:col-span-2 max-narrow:col-start-2 max-narrow:row-start-2`}>
        {item.mode === null ? t("row.webhook") : t(`row.${item.mode as "sync" | "async"}`)}
      </td>
      <td className={`${cell} max-narrow:col-span-3 max-narrow:row-start-3`}>
        <Day item={item} figures={figures} above={above} />
      </td>
      <td className={`${cell} text-ink-2 max-wide:hidden`}>
        {figures?.p95_ms === undefined || figures.p95_ms === null ? "—" : duration(figures.p95_ms)}
      </td>
      <td className={`${cell} truncate text-ink-2 max-narrow:hidden`}>
        {figures?.last_at ? <Time at={figures.last_at} /> : "—"}
      </td>
      <td className={`${cell} pr-3 max-narrow:col-start-3 max-narrow:row-start-1`}>
        <div className={above}>
          <RowMenu item={item} onDelete={onDelete} />
        </div>
      </td>
    </tr>
  );
}

function DraftMark({ item, row }: { item: Item; row: React.RefObject<Element | null> }) {
  const { t } = useTranslation("workflows");
  const differs = useDraftDiffers(item, row);
  if (item.revision === null) return <Badge>{t("row.never_published")}</Badge>;
  if (!differs) return null;
  return (
    <span className="inline-flex items-center gap-1 text-meta text-timed-out" title={t("row.draft_detail")}>
      <span aria-hidden className="size-1.5 rounded-full bg-current" />
      {t("row.draft")}
    </span>
  );
}

/** The last day: bars, how many went well, and the others as a way to them. */
function Day({ item, figures, above }: { item: Item; figures: WorkflowFigures | undefined; above: string }) {
  const { t } = useTranslation("workflows");
  if (!figures) return <span className="text-ink-3">—</span>;
  const { succeeded, failed, waiting } = figures;
  const none = succeeded + failed + waiting === 0;
  return (
    <div className="flex items-center gap-3">
      <span className="max-wide:hidden max-narrow:block">
        <DayBars buckets={figures.buckets} />
      </span>
      <span className="flex min-w-0 flex-wrap gap-x-2 text-meta text-ink-2">
        {none && (item.enabled ? t("figures.none") : t("figures.off"))}
        {succeeded > 0 && <span>{t("figures.succeeded", { number: count(succeeded), count: succeeded })}</span>}
        {failed > 0 && (
          <Link
            to="/executions"
            search={{ workflow: item.key, status: "failed" }}
            className={`${above} text-failed underline decoration-transparent hover:decoration-current`}
          >
            {t("figures.failed", { number: count(failed), count: failed })}
          </Link>
        )}
        {waiting > 0 && (
          <Link
            to="/executions"
            search={{ workflow: item.key, status: "waiting" }}
            className={`${above} text-waiting underline decoration-transparent hover:decoration-current`}
          >
            {t("figures.waiting", { number: count(waiting), count: waiting })}
          </Link>
        )}
      </span>
    </div>
  );
}
