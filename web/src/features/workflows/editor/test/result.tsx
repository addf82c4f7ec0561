import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { executionQuery } from "@/api/queries";
import { between, duration } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { ErrorNote, Loading, Note } from "@/ui/feedback";
import { Status } from "@/ui/status";
import { AnswerShown } from "./answer-shown";
import { NodeRuns } from "./node-runs";
import type { Sent } from "./sending";

export type Tested = { kind: "draft"; execution: string } | { kind: "sent"; sent: Sent };

/** What a test came to: the answer, and every node on the way. The canvas keeps the execution up to date. */
export function Result({ tested, isBusy, error }: { tested: Tested | null; isBusy: boolean; error: unknown }) {
  const { t } = useTranslation("trigger");
  const id = tested?.kind === "draft" ? tested.execution : (tested?.sent.execution_id ?? "");
  const { data: execution } = useQuery({ ...executionQuery(id), enabled: id !== "" });
  if (error) return <ErrorNote error={error} />;
  if (tested === null) return isBusy ? <Loading lines={3} /> : <p className="text-ink-3">{t("test.nothing")}</p>;
  const sent = tested.kind === "sent" ? tested.sent : undefined;
  const answer = sent ?? execution?.answer;
  return (
    <div className="flex flex-col gap-3">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1" role="status">
        {execution && <Status status={execution.status} />}
        <span className="text-ink-2">{sent ? t("test.was_sent", { url: sent.url }) : t("test.was_draft")}</span>
        {id !== "" && (
          <Link to="/executions/$id" params={{ id }} className="text-accent">
            {t("test.open_execution")}
          </Link>
        )}
      </p>
      {answer && (
        <AnswerShown
          status={answer.status}
          headers={answer.headers}
          body={answer.body}
          bodyBase64={answer.body_base64}
          took={
            sent
              ? duration(sent.duration_ms)
              : execution?.finished_at
                ? duration(between(execution.accepted_at, execution.finished_at))
                : undefined
          }
        />
      )}
      {sent && !sent.execution_id && <Note tone="warning">{t("test.refused")}</Note>}
      {execution && <NodeRuns runs={execution.node_runs} />}
    </div>
  );
}
