import { Link } from "@tanstack/react-router";
import { RotateCw } from "lucide-react";
import { memo } from "react";
import type { Execution } from "@/api/live";
import { between, clockTime, duration } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { IconButton } from "@/ui/button";
import { Moment } from "@/ui/feed/moment";
import { useWorkflowTitle, WorkflowName } from "@/ui/feed/workflow-name";
import { Badge } from "@/ui/feedback";
import { Status } from "@/ui/status";
import { Checkbox } from "@/ui/toggle";
import { useCause } from "./cause";

export interface RowProps {
  item: Execution;
  tabIndex: 0 | -1;
  isActive: boolean;
  isSelected: boolean;
  isMended: boolean;
  isWide: boolean;
  /** Nobody may replay without the right to. */
  onReplay?: (item: Execution) => void;
  onSelect: (id: string, isRange: boolean) => void;
}

/** One execution. The link covers the row; what can be pressed lies over it. */
export const ExecutionRow = memo(function ExecutionRow(props: RowProps) {
  const { item, tabIndex, isSelected, isWide } = props;
  const { t } = useTranslation(["executions", "common"]);
  const workflow = useWorkflowTitle(item.workflow_id) ?? item.workflow_key;
  return (
    <div
      className={`group relative grid h-full items-center gap-x-3 px-2 text-body hover:bg-hover ${isSelected ? "bg-accent-soft" : ""} ${
        isWide
          ? "grid-cols-[1.5rem_6.5rem_8.5rem_minmax(8rem,1.1fr)_6.5rem_4.5rem_minmax(6rem,1.6fr)_2.25rem]"
          : "grid-cols-[1.5rem_minmax(0,1fr)]"
      }`}
    >
      <span
        className="relative z-1 flex"
        onClickCapture={(event) => {
          event.preventDefault();
          event.stopPropagation();
          props.onSelect(item.id, event.shiftKey);
        }}
      >
        <Checkbox aria-label={t("row.select")} isSelected={isSelected} excludeFromTabOrder onChange={() => undefined} />
      </span>
      {isWide ? <Wide {...props} /> : <Narrow {...props} />}
      <Link
        to="/executions/$id"
        params={{ id: item.id }}
        tabIndex={tabIndex}
        aria-label={t("row.name", {
          status: t(`common:status.${item.status}`),
          workflow,
          time: clockTime(item.accepted_at),
        })}
        className="absolute inset-0 outline-offset-[-2px]"
      />
    </div>
  );
});

function Wide(props: RowProps) {
  const { item } = props;
  return (
    <>
      <Status status={item.status} />
      <Moment at={item.accepted_at} />
      <span className="flex min-w-0 items-center gap-1.5">
        <span className="truncate">
          <WorkflowName id={item.workflow_id} workflowKey={item.workflow_key} />
        </span>
        <Revision item={item} />
      </span>
      <Answered item={item} />
      <Took item={item} />
      <span className="flex min-w-0 items-center gap-1.5">
        <Marks {...props} />
        <Cause {...props} />
      </span>
      <Replay {...props} />
    </>
  );
}

function Narrow(props: RowProps) {
  const { item } = props;
  return (
    <span className="flex min-w-0 flex-col gap-0.5">
      <span className="flex items-center gap-2">
        <Status status={item.status} />
        <span className="min-w-0 flex-1 truncate font-medium">
          <WorkflowName id={item.workflow_id} workflowKey={item.workflow_key} />
        </span>
        <Answered item={item} />
      </span>
      <span className="meta flex items-center gap-2">
        <Moment at={item.accepted_at} />
        <span className="flex min-w-0 flex-1 items-center gap-2">
          <Marks {...props} />
          <Cause {...props} />
        </span>
        <Took item={item} />
      </span>
    </span>
  );
}

function Revision({ item }: { item: Execution }) {
  const { t } = useTranslation(["executions", "common"]);
  if (item.revision === null) return null;
  return (
    <span className="shrink-0 text-meta text-ink-3" title={t("row.revision", { number: item.revision })}>
      r{item.revision}
    </span>
  );
}

function Answered({ item }: { item: Execution }) {
  return (
    <span className="code text-right whitespace-nowrap text-ink-2">
      {item.method} → {item.answer_status ?? "–"}
    </span>
  );
}

function Took({ item }: { item: Execution }) {
  return (
    <span className="text-right whitespace-nowrap text-ink-2">
      {item.finished_at ? duration(between(item.accepted_at, item.finished_at)) : "–"}
    </span>
  );
}

function Marks({ item, isMended }: RowProps) {
  const { t } = useTranslation(["executions", "common"]);
  const badly = item.status === "failed" || item.status === "error" || item.status === "timed_out";
  return (
    <>
      {item.test && <Badge>{t("row.test")}</Badge>}
      {item.replay_of && <Badge>{t("row.replay")}</Badge>}
      {badly && isMended && (
        <span className="shrink-0 text-meta text-succeeded" title={t("row.mended_by")}>
          {t("row.mended")}
        </span>
      )}
    </>
  );
}

function Cause({ item }: RowProps) {
  const { t } = useTranslation(["executions", "common"]);
  const cause = useCause(item, true);
  if (item.status === "waiting" && item.reason) {
    return <span className="truncate text-ink-2">{t(`reason.${item.reason}`)}</span>;
  }
  if (!cause) return null;
  const words = cause.node ? `${cause.node}: ${cause.message}` : cause.message;
  return (
    <span className="truncate text-ink-2" dir="auto" title={words}>
      {words}
    </span>
  );
}

function Replay({ item, onReplay, isActive }: RowProps) {
  const { t } = useTranslation(["executions", "common"]);
  if (!onReplay) return <span />;
  return (
    <span
      className={`relative z-1 ${isActive ? "" : "opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 touch:opacity-100"}`}
    >
      <IconButton label={t("row.replay_this")} keys="R" excludeFromTabOrder onPress={() => onReplay(item)}>
        <RotateCw size={15} aria-hidden />
      </IconButton>
    </span>
  );
}
