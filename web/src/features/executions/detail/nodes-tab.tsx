import type { Schema } from "@/api/client";
import { type Flow, find } from "@/flow/document";
import { between, duration } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { TRIGGER } from "@/ui/linemap/line-map";
import { Status } from "@/ui/status";
import { StopPanel } from "./stop-panel";
import type { Way } from "./way";

/** The stop that is looked at, or all that ran, in the order they began. */
export function NodesTab({
  execution,
  flow,
  way,
  selected,
  titleOf,
  onSelect,
}: {
  execution: Schema["ExecutionView"];
  flow: Flow;
  way: Way;
  selected: string | null;
  titleOf: (key: string) => string;
  onSelect: (stop: string) => void;
}) {
  const { t } = useTranslation("executions");
  const known = selected !== null && selected !== TRIGGER && (find(flow, selected) || way.runs.has(selected));
  return (
    <div className="flex flex-col gap-4">
      {known && (
        <StopPanel
          key={selected}
          workflow={execution.workflow_key}
          stop={selected}
          node={find(flow, selected)}
          runs={way.runs.get(selected) ?? []}
          title={titleOf(selected)}
        />
      )}
      {selected !== null && selected !== TRIGGER && !known && (
        <p className="text-ink-2">{t("stop.gone", { node: selected })}</p>
      )}
      <section aria-label={t("nodes.all")}>
        <h2 className="pb-1 text-meta font-medium text-ink-3">{t("nodes.all")}</h2>
        {execution.node_runs.length === 0 && <p className="text-ink-2">{t("nodes.none")}</p>}
        <ol className="flex flex-col rounded-control border border-line bg-surface empty:hidden">
          {execution.node_runs.map((run) => (
            <li key={`${run.node} ${run.visit} ${run.attempt}`} className="border-b border-line last:border-b-0">
              <button
                type="button"
                aria-pressed={selected === run.node}
                onClick={() => onSelect(run.node)}
                className={`flex min-h-9 w-full items-center gap-3 px-3 text-left outline-offset-[-2px] hover:bg-hover touch:min-h-11 ${selected === run.node ? "bg-accent-soft" : ""}`}
              >
                <span className="w-24 shrink-0">
                  <Status status={run.status} />
                </span>
                <span className="min-w-0 flex-1 truncate">
                  {titleOf(run.node)}
                  {run.attempt > 1 && (
                    <span className="text-ink-3"> · {t("stop.attempt", { number: run.attempt })}</span>
                  )}
                </span>
                <span className="text-ink-2">
                  {run.finished_at ? duration(between(run.started_at, run.finished_at)) : "…"}
                </span>
              </button>
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
}
