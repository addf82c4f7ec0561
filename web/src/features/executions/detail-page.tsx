import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { ApiError, type Schema } from "@/api/client";
import { useMay } from "@/api/may";
import { workflowsQuery } from "@/api/queries";
import { find } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { isTyping, lettersOn } from "@/lib/shortcuts";
import { useKindName, useNodeTitle } from "@/nodes/names";
import { Empty, ErrorNote, Loading } from "@/ui/feedback";
import { TRIGGER } from "@/ui/linemap/line-map";
import { Page } from "@/ui/page";
import { Tabs } from "@/ui/tabs";
import { say } from "@/ui/toast";
import { AnswerTab } from "./detail/answer-tab";
import { EditDialog } from "./detail/edit-dialog";
import { FlowPane } from "./detail/flow-pane";
import { Actions, Facts } from "./detail/header";
import { NodesTab } from "./detail/nodes-tab";
import { NotesTab } from "./detail/notes-tab";
import { badRun, ProblemCard } from "./detail/problem-card";
import { useReplay } from "./detail/replay";
import { ReplayMenu } from "./detail/replay-menu";
import { RequestTab } from "./detail/request-tab";
import { ResolveCard } from "./detail/resolve-card";
import { type Ran, useExecution, useFlow } from "./detail/use-execution";
import { Waterfall } from "./detail/waterfall";
import { stopToLookAt, wayOf } from "./detail/way";
import { useNeighbor } from "./neighbors";
import { type ExecutionView, executionView, type Tab } from "./view";

export function ExecutionPage() {
  const { t } = useTranslation("executions");
  const { id } = useParams({ from: "/shell/executions/$id" });
  const { data, error, isPending, refetch } = useExecution(id);
  if (isPending) {
    return (
      <Page title={t("detail.title")} wide>
        <Loading lines={8} />
      </Page>
    );
  }
  if (!data) {
    const gone = error instanceof ApiError && error.status === 404;
    return (
      <Page title={t("detail.title")} wide>
        {gone ? (
          <Empty
            title={t("detail.gone")}
            action={
              <Link to="/executions" className="text-accent underline">
                {t("detail.to_list")}
              </Link>
            }
          >
            {t("detail.gone_text")}
          </Empty>
        ) : (
          <ErrorNote error={error} onRetry={() => refetch()} />
        )}
      </Page>
    );
  }
  return <Loaded execution={data} error={error} onRetry={() => refetch()} />;
}

/** What is left of it is shown even when the flow is not there any more. */
function Loaded({
  execution,
  error,
  onRetry,
}: {
  execution: Schema["ExecutionView"];
  error: unknown;
  onRetry: () => void;
}) {
  const { t } = useTranslation("executions");
  const ran = useFlow(execution);
  if (!ran) {
    return (
      <Page title={t("detail.title")} wide>
        <Facts execution={execution} />
        <Loading lines={8} />
      </Page>
    );
  }
  return <Detail execution={execution} ran={ran} error={error} onRetry={onRetry} />;
}

function Detail({
  execution,
  ran,
  error,
  onRetry,
}: {
  execution: Schema["ExecutionView"];
  ran: Ran;
  error: unknown;
  onRetry: () => void;
}) {
  const { t } = useTranslation("executions");
  const mayOperate = useMay("operate");
  const view = executionView(useSearch({ from: "/shell/executions/$id" }));
  const navigate = useNavigate();
  const replay = useReplay(execution.id);
  const neighbor = useNeighbor();
  const [editing, setEditing] = useState(false);
  const { flow } = ran;
  const way = useMemo(() => wayOf(flow, execution.node_runs), [flow, execution.node_runs]);
  const nodeTitle = useNodeTitle();
  const kindName = useKindName();
  const titleOf = useCallback(
    (key: string) => {
      const node = find(flow, key);
      if (node?.title) return node.title;
      const kind = node?.kind ?? way.last.get(key)?.kind;
      return kind ? (node ? nodeTitle(node) : kindName(kind)) : key;
    },
    [flow, way, nodeTitle, kindName],
  );
  const { data: workflows } = useQuery(workflowsQuery);
  const url =
    workflows?.find(({ id }) => id === execution.workflow_id)?.url ??
    `http://localhost/api/webhook:trigger/${execution.workflow_key}`;

  const found = stopToLookAt(flow, way);
  const selected = view.node ?? found ?? null;
  const tab: Tab = view.tab ?? (selected === null || selected === TRIGGER ? "request" : "nodes");
  const look = useCallback(
    (part: ExecutionView) =>
      navigate({
        to: "/executions/$id",
        params: { id: execution.id },
        search: (before: ExecutionView) => ({ ...before, ...part }),
        replace: true,
      }),
    [navigate, execution.id],
  );
  const select = useCallback((node: string) => look({ node, tab: node === TRIGGER ? "request" : "nodes" }), [look]);
  const beside = useCallback(
    async (where: "older" | "newer") => {
      const next = await neighbor(execution, where).catch(() => undefined);
      if (!next) return say(where === "older" ? t("header.no_older") : t("header.no_newer"));
      await navigate({ to: "/executions/$id", params: { id: next.id }, search: view });
    },
    [neighbor, execution, navigate, view, t],
  );
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.altKey || event.ctrlKey || event.metaKey || !lettersOn() || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"]')) return;
      const key = event.key.toLowerCase();
      if (key === "j") void beside("older");
      else if (key === "k") void beside("newer");
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [beside]);
  const bad = badRun(execution);

  return (
    <Page
      title={t("detail.title")}
      wide
      actions={
        <>
          <Actions execution={execution} url={url} onNeighbor={beside} />
          {mayOperate && (
            <ReplayMenu
              execution={execution}
              from={bad && { node: bad.node, title: titleOf(bad.node) }}
              onReplay={replay}
              onEdit={() => setEditing(true)}
            />
          )}
        </>
      }
    >
      <Facts execution={execution} />
      {error ? <ErrorNote error={error} onRetry={onRetry} /> : null}
      <ResolveCard execution={execution} nodeTitle={found && titleOf(found)} />
      <ProblemCard execution={execution} titleOf={titleOf} onReplay={(revision) => replay({ revision })} />
      <Waterfall execution={execution} titleOf={titleOf} selected={selected} onSelect={select} />
      <div className="grid min-w-0 grid-cols-[minmax(0,1.15fr)_minmax(0,1fr)] items-start gap-6 max-wide:grid-cols-1">
        <FlowPane execution={execution} ran={ran} way={way} selected={selected} onSelect={select} />
        <Tabs
          label={t("detail.views")}
          selected={tab}
          onSelect={(tab) => look({ tab: tab as Tab })}
          items={[
            { id: "request", label: t("detail.request"), content: <RequestTab execution={execution} url={url} /> },
            {
              id: "nodes",
              label: t("detail.nodes"),
              badge: <Count of={execution.node_runs.length} />,
              content: (
                <NodesTab
                  execution={execution}
                  flow={flow}
                  way={way}
                  selected={selected}
                  titleOf={titleOf}
                  onSelect={select}
                />
              ),
            },
            { id: "answer", label: t("detail.answer"), content: <AnswerTab execution={execution} /> },
            {
              id: "notes",
              label: t("detail.notes"),
              badge: <Count of={execution.notes.length} />,
              content: <NotesTab execution={execution} />,
            },
          ]}
        />
      </div>
      {editing && (
        <EditDialog
          execution={execution}
          onClose={() => setEditing(false)}
          onDone={(id) => {
            setEditing(false);
            void navigate({ to: "/executions/$id", params: { id } });
          }}
        />
      )}
    </Page>
  );
}

function Count({ of }: { of: number }) {
  return of > 0 ? <span className="text-meta text-ink-3">{of}</span> : null;
}
