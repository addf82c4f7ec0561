import { useCallback } from "react";
import { useTranslation } from "@/lib/i18n";
import { FilterSelect, LiveToggle, SpanSelect, WorkflowSelect } from "@/ui/feed/filters";
import { SearchField } from "@/ui/search-field";
import { type ExecutionFilter, STATUSES } from "../filter";

const CLASSES = ["2xx", "3xx", "4xx", "5xx"];
const ANSWERS = ["200", "202", "400", "401", "404", "409", "422", "429", "500", "503"];

export function FilterBar({
  filter,
  onChange,
  isLive,
  onLive,
}: {
  filter: ExecutionFilter;
  onChange: (part: Partial<ExecutionFilter>) => void;
  isLive: boolean;
  onLive: (isLive: boolean) => void;
}) {
  const { t } = useTranslation(["executions", "common"]);
  const search = useCallback((q: string) => onChange({ q: q || undefined }), [onChange]);
  const answers = [
    ...CLASSES.map((id) => ({ id, label: t(`filter.class.${id as "2xx"}`) })),
    ...ANSWERS.map((id) => ({ id, label: id })),
  ];
  if (filter.answer && !answers.some(({ id }) => id === filter.answer)) {
    answers.push({ id: filter.answer, label: filter.answer });
  }
  return (
    <search className="flex flex-wrap items-center gap-2" aria-label={t("filter.label")}>
      <FilterSelect
        label={t("filter.status")}
        all={t("filter.all_statuses")}
        value={filter.status}
        options={STATUSES.map((id) => ({ id, label: t(`common:status.${id}`) }))}
        onChange={(status) => onChange({ status })}
        className="w-36 max-narrow:w-[calc(50%-4px)]"
      />
      <WorkflowSelect
        value={filter.workflow}
        onChange={(workflow) => onChange({ workflow })}
        className="w-48 max-narrow:w-[calc(50%-4px)]"
      />
      <SpanSelect
        value={filter}
        onChange={(span) => onChange({ range: undefined, from: undefined, to: undefined, ...span })}
        className="w-44 max-narrow:w-[calc(50%-4px)]"
      />
      <FilterSelect
        label={t("filter.answer")}
        all={t("filter.all_answers")}
        value={filter.answer}
        options={answers}
        onChange={(answer) => onChange({ answer })}
        className="w-36 max-narrow:w-[calc(50%-4px)]"
      />
      <SearchField
        label={t("filter.q")}
        placeholder={t("filter.q_placeholder")}
        value={filter.q ?? ""}
        onChange={search}
        className="min-w-40 flex-1"
      />
      <LiveToggle isOn={isLive} onChange={onLive} />
    </search>
  );
}
