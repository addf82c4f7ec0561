import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Copy, Download, Ellipsis, FileStack, Link2, Trash2 } from "lucide-react";
import { useState } from "react";
import { api, got, type Schema } from "@/api/client";
import { workflowsQuery } from "@/api/queries";
import { copy } from "@/lib/clipboard";
import { useTranslation } from "@/lib/i18n";
import { IconButton } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { ErrorNote, errorText } from "@/ui/feedback";
import { TextField } from "@/ui/field";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu-parts";
import { say } from "@/ui/toast";
import { useEditorStore } from "../store";

/** What is done with the workflow as a whole. */
export function MoreMenu({ workflow, onRevisions }: { workflow: Schema["WorkflowView"]; onRevisions: () => void }) {
  const { t } = useTranslation(["editor", "common"]);
  const { key } = workflow;
  const store = useEditorStore();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  const [typed, setTyped] = useState("");
  const failed = (error: unknown) => say(errorText(error, t("common:unreachable")), { tone: "error" });
  const duplicate = useMutation({
    mutationFn: async () => {
      await store.getState().flush();
      return got(api.POST("/api/v1/workflows/{key}/duplicate", { params: { path: { key } }, body: {} }));
    },
    onSuccess: (made) => {
      void queries.invalidateQueries({ queryKey: workflowsQuery.queryKey });
      void navigate({ to: "/workflows/$key", params: { key: made.key } });
      say(t("more.duplicated", { title: made.title }));
    },
    onError: failed,
  });
  const download = useMutation({
    mutationFn: async () => {
      await store.getState().flush();
      return got(api.GET("/api/v1/workflows/{key}/export", { params: { path: { key } } }));
    },
    onSuccess: (document) => save(`${workflow.title || key}.json`, JSON.stringify(document, null, 2)),
    onError: failed,
  });
  const remove = useMutation({
    mutationFn: () => got(api.DELETE("/api/v1/workflows/{key}", { params: { path: { key } } })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: workflowsQuery.queryKey });
      void navigate({ to: "/workflows" });
      say(t("more.deleted", { title: workflow.title }));
    },
  });
  return (
    <>
      <Menu
        label={t("common:more")}
        trigger={
          <IconButton label={t("common:more")}>
            <Ellipsis size={16} />
          </IconButton>
        }
      >
        <MenuItem
          id="url"
          icon={<Link2 size={16} />}
          keys="U"
          onAction={async () =>
            say((await copy(workflow.url)) ? t("common:copied") : t("common:copy_failed", { text: workflow.url }))
          }
        >
          {t("more.copy_url")}
        </MenuItem>
        <MenuItem id="revisions" icon={<FileStack size={16} />} onAction={onRevisions}>
          {t("revisions.title")}
        </MenuItem>
        <MenuItem id="duplicate" icon={<Copy size={16} />} onAction={() => duplicate.mutate()}>
          {t("more.duplicate")}
        </MenuItem>
        <MenuItem id="export" icon={<Download size={16} />} onAction={() => download.mutate()}>
          {t("more.export")}
        </MenuItem>
        <MenuSeparator />
        <MenuItem id="delete" icon={<Trash2 size={16} />} danger onAction={() => setDeleting(true)}>
          {t("more.delete")}
        </MenuItem>
      </Menu>
      <Confirm
        title={t("more.delete_title", { title: workflow.title })}
        isOpen={deleting}
        onClose={() => setDeleting(false)}
        onConfirm={() => remove.mutate()}
        confirm={t("more.delete")}
        isDisabled={typed.trim() !== workflow.title}
        isPending={remove.isPending}
      >
        <div className="flex flex-col gap-3">
          <p className="text-body">{t("more.delete_text")}</p>
          <TextField
            label={t("more.delete_type", { title: workflow.title })}
            value={typed}
            onChange={setTyped}
            autoFocus
          />
          {remove.error && <ErrorNote error={remove.error} />}
        </div>
      </Confirm>
    </>
  );
}

/** Gives a text to the browser as a file. */
function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name.replaceAll(/[\\/:*?"<>|]/g, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
