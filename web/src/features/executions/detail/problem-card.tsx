// What went wrong, where, and what to do next. Also says what led nowhere in an execution that ended well.

import { useMemo, useState } from "react";
import type { Schema } from "@/api/client";
import { useMay } from "@/api/may";
import { jsonOf } from "@/lib/content";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { errorText } from "@/ui/feedback";
import { leaves } from "@/ui/json/rows";
import { StatusShape } from "@/ui/status";
import { say } from "@/ui/toast";
import { useMend } from "./mend";
import { OpenField } from "./open-field";
import { similar } from "./similar";

type Execution = Schema["ExecutionView"];
type NodeRun = Schema["NodeRunView"];

/** The node run that ended the execution badly. */
export function badRun({ status, node_runs }: Execution): NodeRun | undefined {
  if (status !== "failed" && status !== "error" && status !== "timed_out") return undefined;
  return node_runs.findLast((run) => run.status === status || run.error !== null);
}

export function ProblemCard({
  execution,
  titleOf,
  onReplay,
}: {
  execution: Execution;
  titleOf: (key: string) => string;
  onReplay: (revision: "draft") => void;
}) {
  const { t } = useTranslation(["executions", "common"]);
  const bad = badRun(execution);
  const ended = execution.status === "failed" || execution.status === "error" || execution.status === "timed_out";
  const missing = useMemo(() => {
    const runs = execution.node_runs.filter((run) => run.missing.length > 0);
    return runs.flatMap((run) => run.missing.map((each) => ({ ...each, node: run.node })));
  }, [execution.node_runs]);
  const paths = useMemo(() => pathsOf(execution), [execution]);
  if (!ended && missing.length === 0) return null;
  const status = ended ? (execution.status as "failed") : "skipped";
  return (
    <section
      aria-label={t("problem.label")}
      className={`flex flex-col gap-3 rounded-card border bg-surface p-4 ${ended ? "border-failed" : "border-line"}`}
    >
      {ended && (
        <div className="flex items-start gap-2.5">
          <StatusShape status={status} size={18} />
          <div className="min-w-0 flex-1">
            <h2 className="text-control font-semibold break-words">
              <Headline execution={execution} bad={bad} titleOf={titleOf} />
            </h2>
            {bad?.error && (
              <p className="mt-1 break-words text-ink-2" dir="auto">
                {bad.error.message} <span className="code text-ink-3">{bad.error.code}</span>
              </p>
            )}
          </div>
          {bad && <OpenField workflow={execution.workflow_key} node={bad.node} />}
        </div>
      )}
      {missing.length > 0 && (
        <MissingPaths execution={execution} missing={missing} paths={paths} titleOf={titleOf} onReplay={onReplay} />
      )}
      {ended && paths.length > 0 && missing.length === 0 && bad?.kind === "condition" && (
        <p className="text-ink-2">
          {t("problem.body_has")} <span className="code">{paths.slice(0, 8).map(short).join(", ")}</span>
        </p>
      )}
    </section>
  );
}

function Headline({
  execution,
  bad,
  titleOf,
}: {
  execution: Execution;
  bad: NodeRun | undefined;
  titleOf: (key: string) => string;
}) {
  const { t } = useTranslation(["executions", "common"]);
  if (!bad) return t(`problem.ended.${execution.status as "failed"}`);
  const node = titleOf(bad.node);
  if (bad.status === "failed" && bad.kind === "condition") return t("problem.condition", { node });
  if (bad.status === "failed") return t("problem.failed", { node });
  if (bad.status === "timed_out") return t("problem.timed_out", { node });
  return t("problem.error", { node });
}

function MissingPaths({
  execution,
  missing,
  paths,
  titleOf,
  onReplay,
}: {
  execution: Execution;
  missing: { path: string; template: string; node: string }[];
  paths: string[];
  titleOf: (key: string) => string;
  onReplay: (revision: "draft") => void;
}) {
  const { t } = useTranslation(["executions", "common"]);
  const mayAuthor = useMay("author");
  const mend = useMend();
  const [mended, setMended] = useState<string | null>(null);
  const use = async (each: { path: string; template: string; node: string }, by: string) => {
    try {
      const done = await mend({
        workflow: execution.workflow_key,
        node: each.node,
        pointer: each.template,
        path: each.path,
        by,
      });
      if (done) setMended(by);
      else say(t("problem.draft_differs"), { tone: "error" });
    } catch (error) {
      say(errorText(error, t("common:unreachable")), { tone: "error" });
    }
  };
  return (
    <div className="flex flex-col gap-2">
      <h3 className="font-medium text-ink-2">{t("problem.missing", { count: missing.length })}</h3>
      <ul className="flex flex-col gap-2">
        {missing.slice(0, 20).map((each) => (
          <li
            key={`${each.node} ${each.template} ${each.path}`}
            className="flex flex-wrap items-center gap-x-3 gap-y-1.5"
          >
            <span className="min-w-0 flex-1 break-words">
              <span className="code">{each.path}</span>{" "}
              <span className="text-ink-2">
                {t("problem.in", { node: titleOf(each.node) })} <span className="code text-ink-3">{each.template}</span>
              </span>
            </span>
            {mayAuthor &&
              similar(each.path, paths).map((by) => (
                <Button key={by} onPress={() => use(each, by)}>
                  {t("problem.use", { path: short(by) })}
                </Button>
              ))}
            <OpenField workflow={execution.workflow_key} node={each.node} pointer={each.template} />
          </li>
        ))}
      </ul>
      <p role="status">
        {mended && (
          <span className="flex flex-wrap items-center gap-3">
            {t("problem.mended", { path: short(mended) })}
            <Button look="primary" onPress={() => onReplay("draft")}>
              {t("problem.replay_draft")}
            </Button>
          </span>
        )}
      </p>
    </div>
  );
}

/** Everything in the request and in results that a template could have meant. */
function pathsOf({ event, node_runs }: Execution): string[] {
  const body = jsonOf(event.body);
  return [
    ...(body === undefined ? [] : leaves(body, "trigger.body")),
    ...leaves(event.query, "trigger.query"),
    ...node_runs.flatMap(({ node, result }) => leaves(result, `nodes.${node}`, 200)),
  ];
}

const short = (path: string) => path.replace(/^trigger\.(body|query)\./, "");
