import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "@/lib/i18n";
import { FilterSelect, LiveToggle, SpanSelect, WorkflowSelect } from "@/ui/feed/filters";
import { Places } from "@/ui/feed/places";
import { useLiveKey } from "@/ui/feed/use-live-key";
import { Page } from "@/ui/page";
import { SearchField } from "@/ui/search-field";
import { CODES } from "./causes";
import { type RequestFilter, requestFilter } from "./filter";
import { Rows } from "./rows";

const HALF = "max-narrow:w-[calc(50%-4px)]";

export function RequestsPage() {
  const { t } = useTranslation("requests");
  const asked = useSearch({ from: "/shell/requests" });
  // The router gives what the address says too, whatever that is.
  const filter = useMemo(() => requestFilter(asked), [asked]);
  const navigate = useNavigate({ from: "/requests" });
  const [isLive, setLive] = useState(true);
  useLiveKey(setLive);
  const change = useCallback(
    (part: Partial<RequestFilter>) => navigate({ search: (before) => ({ ...before, ...part }), replace: true }),
    [navigate],
  );
  const clear = useCallback(() => navigate({ search: {} }), [navigate]);
  const search = useCallback((q: string) => change({ q: q || undefined }), [change]);
  return (
    <Page title={t("title")}>
      <Places here="requests" workflow={filter.workflow} span={filter} />
      <search aria-label={t("filter.label")} className="flex flex-wrap items-center gap-2">
        <FilterSelect
          label={t("filter.outcome")}
          all={t("filter.all_outcomes")}
          value={filter.outcome}
          options={(["accepted", "refused"] as const).map((id) => ({ id, label: t(`outcome.${id}`) }))}
          onChange={(outcome) => change({ outcome, ...(outcome === "accepted" && { code: undefined }) })}
          className={`w-36 ${HALF}`}
        />
        <WorkflowSelect
          value={filter.workflow}
          onChange={(workflow) => change({ workflow })}
          className={`w-48 ${HALF}`}
        />
        <SpanSelect
          value={filter}
          onChange={(span) => change({ range: undefined, from: undefined, to: undefined, ...span })}
          className={`w-44 ${HALF}`}
        />
        <FilterSelect
          label={t("filter.cause")}
          all={t("filter.all_causes")}
          value={filter.code}
          options={CODES.map((id) => ({
            id: id as string,
            label: t(`cause.${id.replace("hook.", "") as "gone"}.short`),
          }))}
          onChange={(code) => change({ code, ...(code && { outcome: "refused" as const }) })}
          className={`w-44 ${HALF}`}
        />
        <SearchField
          label={t("filter.q")}
          placeholder={t("filter.q_placeholder")}
          value={filter.q ?? ""}
          onChange={search}
          className="min-w-40 flex-1"
        />
        <LiveToggle isOn={isLive} onChange={setLive} />
      </search>
      <Rows key={JSON.stringify(filter)} filter={filter} isLive={isLive} onClear={clear} />
    </Page>
  );
}
