import { useState } from "react";
import type { Schema } from "@/api/client";
import type { FlowNode } from "@/flow/document";
import { between, clockTime, duration } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { Segments } from "@/ui/http/segments";
import { Value } from "@/ui/http/value";
import { Status } from "@/ui/status";
import { OpenField } from "./open-field";

type NodeRun = Schema["NodeRunView"];

/** One stop: what went in, what came out, how it is set up, how often it was tried. */
export function StopPanel({
  workflow,
  stop,
  node,
  runs,
  title,
}: {
  workflow: string;
  /** Its key; the node itself may not be in the flow any more. */
  stop: string;
  node: FlowNode | undefined;
  runs: NodeRun[];
  title: string;
}) {
  const { t } = useTranslation("executions");
  const [view, setView] = useState<"input" | "result" | "config" | "attempts">("result");
  const last = runs.at(-1);
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="text-card font-semibold break-words">{title}</h2>
        <Status status={last?.status ?? "skipped"} />
        <span className="code text-ink-3">{stop}</span>
        <span className="ml-auto">
          <OpenField workflow={workflow} node={stop} />
        </span>
      </div>
      {!last && <p className="text-ink-2">{node?.disabled ? t("stop.disabled") : t("stop.not_reached")}</p>}
      {last?.error && (
        <p className="rounded-control border border-failed px-3 py-2 break-words" dir="auto">
          {last.error.message} <span className="code text-ink-3">{last.error.code}</span>
        </p>
      )}
      {last && last.missing.length > 0 && (
        <ul aria-label={t("stop.missing")} className="flex flex-col gap-1.5">
          {last.missing.map(({ path, template }) => (
            <li key={`${path} ${template}`} className="flex items-center gap-2">
              <span className="min-w-0 flex-1 break-words">
                {t("stop.missing_path")} <span className="code">{path}</span>
              </span>
              <OpenField workflow={workflow} node={stop} pointer={template} />
            </li>
          ))}
        </ul>
      )}
      <div>
        <Segments
          label={t("stop.views")}
          value={view}
          onChange={setView}
          options={(["input", "result", "config", "attempts"] as const).map((id) => ({ id, label: t(`stop.${id}`) }))}
        />
      </div>
      {view === "input" &&
        (last && last.input !== null && last.input !== undefined ? (
          <Value value={last.input} label={t("stop.input")} />
        ) : (
          <p className="text-ink-3">{last ? t("stop.no_input") : t("stop.not_reached")}</p>
        ))}
      {view === "result" &&
        (last && last.result !== null && last.result !== undefined ? (
          <Value value={last.result} label={t("stop.result")} root={`nodes.${stop}`} />
        ) : (
          <p className="text-ink-3">{t("stop.no_result")}</p>
        ))}
      {view === "config" &&
        (node ? (
          <Value value={node.config} label={t("stop.config")} />
        ) : (
          <p className="text-ink-3">{t("stop.no_config")}</p>
        ))}
      {view === "attempts" && <Attempts runs={runs} />}
    </div>
  );
}

function Attempts({ runs }: { runs: NodeRun[] }) {
  const { t } = useTranslation("executions");
  if (runs.length === 0) return <p className="text-ink-3">{t("stop.not_reached")}</p>;
  return (
    <ol className="flex flex-col">
      {runs.map((run) => (
        <li
          key={`${run.visit} ${run.attempt}`}
          className="flex flex-col gap-0.5 border-b border-line py-2 last:border-b-0"
        >
          <span className="flex flex-wrap items-center gap-x-3">
            <span className="font-medium">{t("stop.attempt", { number: run.attempt })}</span>
            <Status status={run.status} />
            <time dateTime={run.started_at} title={run.started_at} className="text-ink-2">
              {clockTime(run.started_at)}
            </time>
            {run.finished_at && (
              <span className="text-ink-2">{duration(between(run.started_at, run.finished_at))}</span>
            )}
          </span>
          {run.error && (
            <span className="break-words text-ink-2" dir="auto">
              {run.error.message} <span className="code text-ink-3">{run.error.code}</span>
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}
