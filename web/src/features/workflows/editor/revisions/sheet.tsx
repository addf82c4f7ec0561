// What was live once: look at it, compare it, make it live again, or go on from it.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got } from "@/api/client";
import { workflowQuery } from "@/api/queries";
import { differences } from "@/flow/differences";
import type { Flow, FlowNode } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { endsFlow, glyph, summary, triggerSummary } from "@/nodes/kinds";
import { useNodeTitle } from "@/nodes/names";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Badge, Empty, ErrorNote, Loading } from "@/ui/feedback";
import { LineMap } from "@/ui/linemap/line-map";
import { Select } from "@/ui/select";
import { Tabs } from "@/ui/tabs";
import { Time } from "@/ui/time";
import { say } from "@/ui/toast";
import { replaceWith } from "../commands/replace";
import { Changes } from "../publish/changes";
import { revisionQuery } from "../publish/live";
import { useEditor, useEditorStore } from "../store";

const revisionsQuery = (key: string) => ({
  queryKey: ["workflow", key, "revisions"],
  queryFn: () =>
    got(api.GET("/api/v1/workflows/{key}/revisions", { params: { path: { key }, query: { limit: 200 } } })),
});

export function RevisionsSheet({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("editor");
  const key = useEditor((editor) => editor.key);
  const { data, error, refetch } = useQuery(revisionsQuery(key));
  const [chosen, setChosen] = useState<number | null>(null);
  const number = chosen ?? data?.items[0]?.number;
  return (
    <Dialog isOpen onClose={onClose} width="full" title={t("revisions.title")}>
      {error && <ErrorNote error={error} onRetry={refetch} />}
      {!data && !error && <Loading />}
      {data?.items.length === 0 && <Empty title={t("revisions.none")}>{t("revisions.none_text")}</Empty>}
      {data && number !== undefined && (
        <div className="grid min-h-80 grid-cols-[240px_minmax(0,1fr)] gap-4 max-narrow:grid-cols-1">
          <ol
            aria-label={t("revisions.title")}
            className="flex flex-col gap-1 max-narrow:max-h-40 max-narrow:overflow-auto"
          >
            {data.items.map((item) => (
              <li key={item.id}>
                <button
                  type="button"
                  aria-current={item.number === number}
                  onClick={() => setChosen(item.number)}
                  className={`flex w-full flex-col gap-0.5 rounded-control px-2.5 py-2 text-left ${item.number === number ? "bg-accent-soft" : "hover:bg-hover"}`}
                >
                  <span className="flex items-center gap-2 text-control font-medium">
                    {t("revisions.number", { number: item.number })}
                    {item.live && <Badge tone="accent">{t("revisions.live")}</Badge>}
                  </span>
                  <span className="meta">
                    <Time at={item.published_at} as="date" />
                  </span>
                  {item.note && (
                    <span className="line-clamp-3 text-meta text-ink-2" dir="auto">
                      {item.note}
                    </span>
                  )}
                </button>
              </li>
            ))}
          </ol>
          <Revision
            key={number}
            number={number}
            isLive={data.items.some((item) => item.number === number && item.live)}
            others={data.items.map((item) => item.number).filter((other) => other !== number)}
            onClose={onClose}
          />
        </div>
      )}
    </Dialog>
  );
}

function Revision({
  number,
  isLive,
  others,
  onClose,
}: {
  number: number;
  isLive: boolean;
  others: number[];
  onClose: () => void;
}) {
  const { t } = useTranslation(["editor", "nodes"]);
  const key = useEditor((editor) => editor.key);
  const store = useEditorStore();
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(revisionQuery(key, number));
  const activate = useMutation({
    mutationFn: () =>
      got(api.POST("/api/v1/workflows/{key}/revisions/{number}/activate", { params: { path: { key, number } } })),
    onSuccess: (workflow) => {
      queries.setQueryData(workflowQuery(key).queryKey, workflow);
      void queries.invalidateQueries({ queryKey: revisionsQuery(key).queryKey });
      say(t("revisions.now_live", { number }));
    },
  });
  if (error) return <ErrorNote error={error} onRetry={refetch} />;
  if (!data) return <Loading />;
  const flow = data.flow as unknown as Flow;
  const restore = () => {
    store.getState().edit("restored", replaceWith(flow));
    onClose();
    say(t("revisions.restored", { number }), { action: { label: t("undo"), run: () => store.getState().undo() } });
  };
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <div className="flex flex-wrap gap-2">
        <Button onPress={() => activate.mutate()} isPending={activate.isPending} isDisabled={isLive}>
          {t("revisions.make_live")}
        </Button>
        <Button onPress={restore}>{t("revisions.restore")}</Button>
      </div>
      {activate.error && <ErrorNote error={activate.error} />}
      <Tabs
        label={t("revisions.number", { number })}
        items={[
          { id: "flow", label: t("nodes:flow"), content: <Frozen flow={flow} /> },
          { id: "compare", label: t("revisions.compare"), content: <Compare flow={flow} others={others} /> },
        ]}
      />
    </div>
  );
}

/** A flow to look at: its nodes tell what they are, and that is all. */
function Frozen({ flow }: { flow: Flow }) {
  const { t } = useTranslation("nodes");
  const titleOf = useNodeTitle();
  const [focused, setFocused] = useState("");
  const card = (node: FlowNode | null) => {
    const line = node ? summary(node) : triggerSummary(flow);
    const title = titleOf(node);
    return {
      glyph: glyph(node?.kind ?? "webhook"),
      title,
      summary: line,
      disabled: node?.disabled,
      name: `${title}, ${line}`,
    };
  };
  return (
    <div className="overflow-auto rounded-control border border-line bg-bg">
      <LineMap
        flow={flow}
        card={card}
        selected={null}
        onSelect={setFocused}
        focused={focused}
        onFocus={setFocused}
        ends={endsFlow}
        label={t("flow")}
      />
    </div>
  );
}

/** What came between another revision (or came since, in the draft) and this one. */
function Compare({ flow, others }: { flow: Flow; others: number[] }) {
  const { t } = useTranslation("editor");
  const key = useEditor((editor) => editor.key);
  const draft = useEditor((editor) => editor.flow);
  const [other, setOther] = useState("draft");
  const { data, error } = useQuery({ ...revisionQuery(key, Number(other)), enabled: other !== "draft" });
  const target = other === "draft" ? draft : (data?.flow as unknown as Flow | undefined);
  return (
    <div className="flex flex-col gap-3">
      <Select
        label={t("revisions.with")}
        value={other}
        onChange={setOther}
        className="max-w-60"
        options={[
          { id: "draft", label: t("revisions.draft") },
          ...others.map((number) => ({ id: String(number), label: t("revisions.number", { number }) })),
        ]}
      />
      {error && <ErrorNote error={error} />}
      {target ? <Changes changes={differences(flow, target)} /> : !error && <Loading />}
    </div>
  );
}
