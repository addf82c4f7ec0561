import type { Schema } from "@/api/client";
import { between, duration } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";

/** Where the time went: until the first node, each node run, until the answer. */
export function Waterfall({
  execution,
  titleOf,
  selected,
  onSelect,
}: {
  execution: Schema["ExecutionView"];
  titleOf: (key: string) => string;
  selected: string | null;
  onSelect: (stop: string) => void;
}) {
  const { t } = useTranslation(["executions", "common"]);
  const { accepted_at: begin, node_runs: runs, answer, finished_at } = execution;
  const since = (at: string) => Math.max(0, between(begin, at));
  const moments = [finished_at, answer?.sent_at, ...runs.flatMap((run) => [run.started_at, run.finished_at])];
  const end = Math.max(0.001, ...moments.filter((at) => typeof at === "string").map(since));
  const percent = (ms: number) => `${Math.min(100, (ms / end) * 100)}%`;
  const queued = runs[0] ? since(runs[0].started_at) : 0;
  return (
    <section aria-label={t("waterfall.label")} className="flex flex-col gap-1">
      <div className="relative h-7 overflow-hidden rounded-control border border-line bg-sunken">
        <span
          aria-hidden
          className="absolute inset-y-0 left-0 border-r border-line-strong"
          style={{ width: percent(queued) }}
        />
        {runs.map((run) => {
          const from = since(run.started_at);
          const to = run.finished_at ? since(run.finished_at) : end;
          const bad = run.status === "error" || run.status === "failed" || run.status === "timed_out";
          const words = t("waterfall.node", {
            node: titleOf(run.node),
            from: duration(from),
            took: duration(to - from),
            status: t(`common:status.${run.status}`),
          });
          return (
            <button
              key={`${run.node} ${run.visit} ${run.attempt}`}
              type="button"
              title={words}
              aria-label={words}
              aria-pressed={selected === run.node}
              onClick={() => onSelect(run.node)}
              className={`absolute inset-y-1 min-w-1 rounded-[3px] outline-offset-0 ${bad ? "bg-failed" : run.status === "waiting" ? "bg-waiting" : run.status === "skipped" ? "bg-quiet" : "bg-accent"} ${selected === run.node ? "" : "opacity-60"}`}
              style={{ left: `min(${percent(from)}, calc(100% - 4px))`, width: percent(to - from) }}
            />
          );
        })}
        {answer && (
          <span
            aria-hidden
            className="absolute inset-y-0 w-0.5 bg-ink"
            style={{ left: `min(${percent(since(answer.sent_at))}, calc(100% - 2px))` }}
          />
        )}
      </div>
      <p className="meta flex flex-wrap gap-x-4">
        <span>{t("waterfall.queue", { time: duration(queued) })}</span>
        {answer && <span>{t("waterfall.answer", { time: duration(since(answer.sent_at)) })}</span>}
        {finished_at && <span>{t("waterfall.end", { time: duration(since(finished_at)) })}</span>}
      </p>
    </section>
  );
}
