import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useTranslation } from "@/lib/i18n";
import { Places } from "@/ui/feed/places";
import { useLiveKey } from "@/ui/feed/use-live-key";
import { Page } from "@/ui/page";
import { type ExecutionFilter, executionFilter, remember } from "./filter";
import { FilterBar } from "./list/filter-bar";
import { Histogram } from "./list/histogram";
import { Rows } from "./list/rows";

export function ExecutionsPage() {
  const { t } = useTranslation("executions");
  const search = useSearch({ from: "/shell/executions" });
  // The router gives what the address says too, whatever that is.
  const filter = useMemo(() => executionFilter(search), [search]);
  const navigate = useNavigate({ from: "/executions" });
  const [isLive, setLive] = useState(true);
  const change = useCallback(
    (part: Partial<ExecutionFilter>) => navigate({ search: (before) => ({ ...before, ...part }), replace: true }),
    [navigate],
  );
  const clear = useCallback(() => navigate({ search: {} }), [navigate]);
  useEffect(() => remember(filter), [filter]);
  useLiveKey(setLive);
  return (
    <Page title={t("title")}>
      <Places here="executions" workflow={filter.workflow} span={filter} />
      <FilterBar filter={filter} onChange={change} isLive={isLive} onLive={setLive} />
      <Histogram filter={filter} onChange={change} />
      <Rows key={JSON.stringify(filter)} filter={filter} isLive={isLive} onClear={clear} />
    </Page>
  );
}
