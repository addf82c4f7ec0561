import type { Schema } from "@/api/client";
import { find } from "@/flow/document";
import { between, duration } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { useNodeTitle } from "@/nodes/names";
import { StatusShape } from "@/ui/status";
import { useEditor } from "../store";

/** What ran, in the order in which it began; each leads to its node. */
export function NodeRuns({ runs }: { runs: readonly Schema["NodeRunView"][] }) {
  const { t } = useTranslation(["trigger", "common"]);
  const flow = useEditor((editor) => editor.flow);
  const reveal = useEditor((editor) => editor.reveal);
  const titleOf = useNodeTitle();
  if (runs.length === 0) return <p className="text-ink-3">{t("test.no_nodes")}</p>;
  return (
    <ol aria-label={t("test.nodes")} className="flex flex-col">
      {runs.map((run) => {
        const node = find(flow, run.node);
        return (
          <li key={`${run.node} ${run.visit} ${run.attempt}`} className="border-t border-line py-1.5 first:border-t-0">
            <div className="flex items-center gap-2">
              <StatusShape status={run.status} label={t(`common:status.${run.status}`)} />
              <button
                type="button"
                onClick={() => node && reveal(node.key, "")}
                className="min-w-0 truncate rounded-control text-left font-medium underline-offset-2 hover:underline touch:min-h-11"
              >
                {node ? titleOf(node) : run.node}
              </button>
              {run.attempt > 1 && <span className="meta">{t("test.attempt", { count: run.attempt })}</span>}
              <span className="meta ml-auto">
                {run.finished_at && duration(between(run.started_at, run.finished_at))}
              </span>
            </div>
            {run.error && (
              <p className="ml-6 break-words text-failed">
                {run.error.message} <span className="code text-ink-3">{run.error.code}</span>
              </p>
            )}
            {run.missing.map(({ path, template }) => (
              <p key={`${template} ${path}`} className="ml-6 text-timed-out">
                {t("test.missing", { path })}{" "}
                <button
                  type="button"
                  className="text-accent underline"
                  onClick={() =>
                    node && reveal(node.key, template.startsWith("/config") ? template : `/config${template}`)
                  }
                >
                  {t("test.open_field")}
                </button>
              </p>
            ))}
          </li>
        );
      })}
    </ol>
  );
}
