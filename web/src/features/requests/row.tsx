import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { Request } from "@/api/live";
import { bytes, clockTime } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { Moment } from "@/ui/feed/moment";
import { useWorkflowTitle, WorkflowName } from "@/ui/feed/workflow-name";
import { StatusShape } from "@/ui/status";
import { useCause } from "./causes";

/** One request: what became of it, and why it was refused. */
export const RequestRow = memo(function RequestRow({
  item,
  tabIndex,
  isWide,
}: {
  item: Request;
  tabIndex: 0 | -1;
  isWide: boolean;
}) {
  const { t } = useTranslation("requests");
  const workflow = useWorkflowTitle(item.workflow_id) ?? item.workflow_key;
  const outcome = t(`outcome.${item.outcome}`);
  return (
    <div
      className={`relative grid h-full items-center gap-x-3 px-2 text-body hover:bg-hover ${
        isWide ? "grid-cols-[6.5rem_8.5rem_minmax(8rem,1fr)_6.5rem_minmax(8rem,2fr)_8rem_4.5rem]" : ""
      }`}
    >
      {isWide ? <Wide item={item} /> : <Narrow item={item} />}
      <Link
        to="/requests/$id"
        params={{ id: item.id }}
        tabIndex={tabIndex}
        aria-label={t("row.name", { outcome, workflow, time: clockTime(item.received_at) })}
        className="absolute inset-0 outline-offset-[-2px]"
      />
    </div>
  );
});

function Wide({ item }: { item: Request }) {
  return (
    <>
      <Outcome item={item} />
      <Moment at={item.received_at} />
      <span className="truncate">
        <WorkflowName id={item.workflow_id} workflowKey={item.workflow_key} />
      </span>
      <Asked item={item} />
      <Why item={item} />
      <span className="code truncate text-ink-2">{item.remote_addr}</span>
      <span className="text-right text-ink-2">{bytes(item.bytes)}</span>
    </>
  );
}

function Narrow({ item }: { item: Request }) {
  return (
    <span className="flex min-w-0 flex-col gap-0.5">
      <span className="flex items-center gap-2">
        <Outcome item={item} />
        <span className="min-w-0 flex-1 truncate font-medium">
          <WorkflowName id={item.workflow_id} workflowKey={item.workflow_key} />
        </span>
        <Asked item={item} />
      </span>
      <span className="meta flex items-center gap-2">
        <Moment at={item.received_at} />
        <span className="flex min-w-0 flex-1">
          <Why item={item} />
        </span>
        <span>{bytes(item.bytes)}</span>
      </span>
    </span>
  );
}

function Outcome({ item }: { item: Request }) {
  const { t } = useTranslation("requests");
  const status = item.outcome === "accepted" ? "succeeded" : "refused";
  return (
    <span
      className={`inline-flex items-center gap-1.5 whitespace-nowrap ${status === "refused" ? "text-refused" : "text-succeeded"}`}
    >
      <StatusShape status={status} />
      {t(`outcome.${item.outcome}`)}
    </span>
  );
}

function Asked({ item }: { item: Request }) {
  return (
    <span className="code text-right whitespace-nowrap text-ink-2">
      {item.method}
      {item.status !== null && ` → ${item.status}`}
    </span>
  );
}

function Why({ item }: { item: Request }) {
  const cause = useCause();
  if (item.outcome === "accepted") return <span />;
  const { what } = cause(item.code, item.detail);
  return (
    <span className="truncate text-ink-2" title={item.detail ?? what}>
      {what}
    </span>
  );
}
