// The filters that lists of what happens have in common.

import { useQuery } from "@tanstack/react-query";
import { Pause, Play } from "lucide-react";
import { useLiveState } from "@/api/live";
import { workflowsQuery } from "@/api/queries";
import { dateTime, shortTime } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { RANGES, type Range, type Span } from "@/lib/span";
import { Button } from "../button";
import { Select } from "../select";

const ALL = "all";

/** One of some words, or all. */
export function FilterSelect<Id extends string>({
  label,
  all,
  value,
  options,
  onChange,
  className,
}: {
  label: string;
  /** What stands there when nothing is chosen. */
  all: string;
  value: Id | undefined;
  options: { id: Id; label: string; detail?: string }[];
  onChange: (value: Id | undefined) => void;
  className?: string;
}) {
  return (
    <Select<string>
      label={label}
      hideLabel
      value={value ?? ALL}
      options={[{ id: ALL, label: all }, ...options]}
      onChange={(id) => onChange(id === ALL ? undefined : (id as Id))}
      className={className}
    />
  );
}

/** By key; one that was deleted stands there as its id. */
export function WorkflowSelect({
  value,
  onChange,
  className,
}: {
  value: string | undefined;
  onChange: (key: string | undefined) => void;
  className?: string;
}) {
  const { t } = useTranslation("inspect");
  const { data = [] } = useQuery(workflowsQuery);
  const options = data.map(({ key, title }) => ({ id: key, label: title }));
  const chosen = data.find(({ key, id }) => key === value || id === value)?.key ?? value;
  if (chosen && !options.some(({ id }) => id === chosen)) options.push({ id: chosen, label: chosen });
  return (
    <FilterSelect
      label={t("filter.workflow")}
      all={t("filter.all_workflows")}
      value={chosen}
      options={options}
      onChange={onChange}
      className={className}
    />
  );
}

const BRUSHED = "brushed";

export function SpanSelect({
  value,
  onChange,
  className,
}: {
  value: Span;
  onChange: (span: Span) => void;
  className?: string;
}) {
  const { t } = useTranslation("inspect");
  const { from, to } = value;
  const ranges = [...(Object.keys(RANGES) as Range[]), "any" as const].map((id) => ({
    id: id as string,
    label: t(`filter.range.${id}`),
  }));
  if (from && to) ranges.push({ id: BRUSHED, label: `${dateTime(from)} – ${shortTime(to)}` });
  return (
    <Select<string>
      label={t("filter.time")}
      hideLabel
      value={from ? BRUSHED : (value.range ?? "24h")}
      options={ranges}
      onChange={(id) => id !== BRUSHED && onChange(id === "24h" ? {} : { range: id as Range })}
      className={className}
    />
  );
}

/** Whether new rows come in by themselves. */
export function LiveToggle({ isOn, onChange }: { isOn: boolean; onChange: (isOn: boolean) => void }) {
  const { t } = useTranslation("inspect");
  const state = useLiveState((live) => live.state);
  const lost = isOn && state === "lost";
  return (
    <Button
      look="plain"
      aria-pressed={isOn}
      onPress={() => onChange(!isOn)}
      icon={isOn ? <Pause size={14} aria-hidden /> : <Play size={14} aria-hidden />}
    >
      <span
        aria-hidden
        className={`size-2 rounded-full ${!isOn || lost ? "bg-line-strong" : "animate-pulse bg-succeeded"}`}
      />
      {isOn ? (lost ? t("feed.reconnecting") : t("feed.live")) : t("feed.paused")}
    </Button>
  );
}
