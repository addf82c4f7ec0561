import { Link } from "@tanstack/react-router";
import { ChevronLeft, ChevronRight, Ellipsis } from "lucide-react";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/api/may";
import { copy } from "@/lib/clipboard";
import { download } from "@/lib/download";
import { between, dateTime, duration } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { Button, IconButton } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Confirm } from "@/ui/dialog";
import { WorkflowName } from "@/ui/feed/workflow-name";
import { Badge, errorText } from "@/ui/feedback";
import { Menu, MenuItem } from "@/ui/menu-parts";
import { Status } from "@/ui/status";
import { say } from "@/ui/toast";
import { har, maskedExecution } from "./export";
import { isOver } from "./use-execution";

type Execution = Schema["ExecutionView"];

/** Which execution this is, in a line. */
export function Facts({ execution }: { execution: Execution }) {
  const { t } = useTranslation(["executions", "common"]);
  const { id, status, revision, accepted_at, finished_at, mode, replay_of, replays, test } = execution;
  const shape = isOver(status) && replays.length > 0;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-ink-2">
      <span role="status" className="inline-flex">
        <Status status={status} className="text-control font-medium" />
      </span>
      {execution.status === "waiting" && execution.reason && <span>{t(`reason.${execution.reason}`)}</span>}
      <span className="flex min-w-0 items-center">
        <code className="code truncate">{id}</code>
        <CopyButton text={id} label={t("header.copy_id")} />
      </span>
      <Link
        to="/workflows/$key"
        params={{ key: execution.workflow_key }}
        className="min-w-0 truncate text-accent underline"
      >
        <WorkflowName id={execution.workflow_id} workflowKey={execution.workflow_key} />
      </Link>
      <span>{revision === null ? t("header.draft") : t("row.revision", { number: revision })}</span>
      {finished_at && <span>{duration(between(accepted_at, finished_at))}</span>}
      <time dateTime={accepted_at} title={accepted_at}>
        {t("header.started", { time: dateTime(accepted_at) })}
      </time>
      <span>{mode === "sync" ? t("header.sync") : t("header.async")}</span>
      {test && <Badge>{t("row.test")}</Badge>}
      {replay_of && (
        <Link to="/executions/$id" params={{ id: replay_of }} className="text-accent underline">
          {t("header.replay_of")} <span className="code">{replay_of.slice(-6)}</span>
        </Link>
      )}
      {shape && (
        <Link to="/executions/$id" params={{ id: replays[0] as string }} className="text-accent underline">
          {t("header.replays", { count: replays.length })}
        </Link>
      )}
    </div>
  );
}

/** To the execution before and after in the list, and what can be had of this one. */
export function Actions({
  execution,
  url,
  onNeighbor,
}: {
  execution: Execution;
  /** Of the endpoint. */
  url: string;
  onNeighbor: (way: "older" | "newer") => void;
}) {
  const { t } = useTranslation(["executions", "common"]);
  const may = useMay("operate");
  const [cancelling, setCancelling] = useState(false);
  const file = (ending: string, content: object) =>
    download(`${execution.id}.${ending}`, JSON.stringify(content, null, 2), "application/json");
  const cancel = async () => {
    setCancelling(false);
    try {
      await api.POST("/api/v1/executions/{id}/cancel", { params: { path: { id: execution.id } } });
      say(t("header.cancelled"));
    } catch (error) {
      say(errorText(error, t("common:unreachable")), { tone: "error" });
    }
  };
  return (
    <>
      <span className="flex">
        <IconButton label={t("header.newer")} keys="K" onPress={() => onNeighbor("newer")}>
          <ChevronLeft size={18} aria-hidden />
        </IconButton>
        <IconButton label={t("header.older")} keys="J" onPress={() => onNeighbor("older")}>
          <ChevronRight size={18} aria-hidden />
        </IconButton>
      </span>
      {may && !isOver(execution.status) && (
        <Button look="danger" onPress={() => setCancelling(true)}>
          {t("header.cancel")}
        </Button>
      )}
      <Menu
        label={t("header.more")}
        trigger={
          <IconButton label={t("header.more")}>
            <Ellipsis size={18} aria-hidden />
          </IconButton>
        }
      >
        <MenuItem
          id="link"
          onAction={async () => say((await copy(location.href)) ? t("common:copied") : location.href)}
        >
          {t("header.copy_link")}
        </MenuItem>
        <MenuItem id="json" detail={t("header.masked")} onAction={() => file("json", maskedExecution(execution))}>
          {t("header.json")}
        </MenuItem>
        <MenuItem id="har" detail={t("header.masked")} onAction={() => file("har", har(execution, url))}>
          {t("header.har")}
        </MenuItem>
      </Menu>
      <Confirm
        title={t("header.cancel_title")}
        isOpen={cancelling}
        onClose={() => setCancelling(false)}
        onConfirm={cancel}
        confirm={t("header.cancel")}
      >
        <p>{t("selection.cancel_text")}</p>
      </Confirm>
    </>
  );
}
