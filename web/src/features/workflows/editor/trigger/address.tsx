import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Ellipsis, RefreshCw, Send, SquareTerminal } from "lucide-react";
import { useState } from "react";
import { api, got } from "@/api/client";
import { workflowQuery, workflowsQuery } from "@/api/queries";
import { copy } from "@/lib/clipboard";
import { curl } from "@/lib/curl";
import { useTranslation } from "@/lib/i18n";
import { Button, IconButton } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Confirm } from "@/ui/dialog";
import { ErrorNote, Note } from "@/ui/feedback";
import { Menu, MenuItem } from "@/ui/menu-parts";
import { Time } from "@/ui/time";
import { say } from "@/ui/toast";
import { sampleEvent } from "../../sample-event";
import { useEditor, useEditorStore } from "../store";
import type { Captured } from "../test/captured";
import { usePassword } from "../test/password";
import { useSending } from "../test/sending";

/** The URL, and what can be done with it at once. */
export function Address({ last }: { last: Captured | undefined }) {
  const { t } = useTranslation(["trigger", "common"]);
  const key = useEditor((editor) => editor.key);
  const store = useEditorStore();
  const { data: workflow } = useSuspenseQuery(workflowQuery(key));
  const { send, result, dialog } = useSending();
  const username = workflow.credentials?.basic.username;
  const password = usePassword(key, username ?? "");
  const [rotating, setRotating] = useState(false);
  const copyCurl = async () => {
    const given = username === undefined ? undefined : await password.ask("curl");
    if (username !== undefined && given === undefined) return;
    const { headers, query_string, body } = sampleEvent(store.getState().flow);
    const text = curl({
      url: workflow.url,
      query: query_string,
      headers: headers as [string, string][],
      body,
      // Without a password curl asks for it.
      user: username === undefined ? undefined : { name: username, password: given || undefined },
    });
    if (await copy(text)) say(t("address.curl_copied"));
    else say(t("common:copy_failed", { text }), { tone: "error" });
  };
  const { host, protocol, pathname } = new URL(workflow.url);
  const isLocal = /^(localhost|127\.|\[::1\]|0\.0\.0\.0)/.test(host);
  return (
    <section aria-label={t("address.label")} className="flex flex-col gap-3 pb-3">
      <div className="flex items-center gap-1 rounded-control border border-line bg-sunken py-0.5 pr-0.5 pl-2.5">
        <span className="text-meta font-medium text-ink-3">POST</span>
        <input
          readOnly
          aria-label={t("address.url")}
          value={workflow.url}
          onFocus={(event) => event.target.select()}
          className="code h-8 min-w-0 flex-1 bg-transparent px-1.5 text-ink"
        />
        <CopyButton text={workflow.url} label={t("address.copy")} />
        <Menu
          label={t("address.more")}
          trigger={
            <IconButton label={t("address.more")}>
              <Ellipsis size={16} aria-hidden />
            </IconButton>
          }
        >
          <MenuItem id="rotate" danger icon={<RefreshCw size={16} aria-hidden />} onAction={() => setRotating(true)}>
            {t("rotate.open")}
          </MenuItem>
        </Menu>
      </div>
      <div className="flex flex-wrap items-center gap-2">
        <Button
          look="primary"
          icon={<Send size={16} aria-hidden />}
          isPending={result.isPending}
          onPress={() => send(sampleEvent(store.getState().flow))}
        >
          {t("address.send")}
        </Button>
        <Button icon={<SquareTerminal size={16} aria-hidden />} onPress={copyCurl}>
          {t("address.curl")}
        </Button>
      </div>
      <p role="status" className="text-body text-ink-2">
        <Standing enabled={workflow.enabled} revision={workflow.revision} last={last} />
      </p>
      {result.error && <ErrorNote error={result.error} />}
      {result.data && !result.data.execution_id && (
        <Note tone="warning">{t("address.refused", { status: result.data.status })}</Note>
      )}
      {isLocal && (
        <Note
          tone="warning"
          action={
            <Link to="/settings/$part" params={{ part: "server" }} className="text-accent underline">
              {t("address.set_public")}
            </Link>
          }
        >
          {t("address.local")}
        </Note>
      )}
      {username !== undefined && (
        <p className="code break-all text-ink-3">{`${protocol}//${username}:…@${host}${pathname}`}</p>
      )}
      {username !== undefined && protocol === "http:" && <Note tone="warning">{t("address.plain_http")}</Note>}
      {dialog}
      {password.dialog}
      <Rotate isOpen={rotating} onClose={() => setRotating(false)} />
    </section>
  );
}

/** Whether the URL answers, and when it last did. */
function Standing({
  enabled,
  revision,
  last,
}: {
  enabled: boolean;
  revision: number | null;
  last: Captured | undefined;
}) {
  const { t } = useTranslation(["trigger", "common"]);
  const listening = enabled && revision !== null;
  return (
    <>
      <span
        aria-hidden
        className={`mr-2 inline-block size-2 rounded-full ${listening ? "bg-succeeded" : "border border-line-strong"}`}
      />
      {revision === null ? t("standing.never_published") : enabled ? t("standing.listening") : t("standing.off")}
      {last && (
        <>
          {" "}
          {t("standing.last")} <Time at={last.at} /> → {last.answer ?? "…"}
        </>
      )}
    </>
  );
}

function Rotate({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation(["trigger", "common"]);
  const key = useEditor((editor) => editor.key);
  const store = useEditorStore();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const rotate = useMutation({
    mutationFn: async () => {
      await store.getState().flush();
      return got(api.POST("/api/v1/workflows/{key}/rotate-key", { params: { path: { key } } }));
    },
    onSuccess: (workflow) => {
      queries.setQueryData(workflowQuery(workflow.key).queryKey, workflow);
      queries.invalidateQueries({ queryKey: workflowsQuery.queryKey });
      say(t("rotate.done"));
      // The key is the page's address, too.
      navigate({ to: "/workflows/$key", params: { key: workflow.key }, search: { node: "" } as never, replace: true });
    },
  });
  return (
    <Confirm
      title={t("rotate.title")}
      isOpen={isOpen}
      onClose={onClose}
      onConfirm={() => rotate.mutate()}
      confirm={t("rotate.confirm")}
      isPending={rotate.isPending}
    >
      <div className="flex flex-col gap-3">
        <p>{t("rotate.text")}</p>
        {rotate.error && <ErrorNote error={rotate.error} />}
      </div>
    </Confirm>
  );
}
