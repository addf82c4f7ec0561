import { useNavigate } from "@tanstack/react-router";
import { Copy, CopyPlus, Download, Ellipsis, ListChecks, SquareTerminal, Trash2 } from "lucide-react";
import { api, got, type Schema } from "@/api/client";
import { useMay } from "@/api/may";
import type { Flow } from "@/flow/document";
import { copy } from "@/lib/clipboard";
import { useTranslation } from "@/lib/i18n";
import { IconButton } from "@/ui/button";
import { errorText } from "@/ui/feedback";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu";
import { say } from "@/ui/toast";
import { exportAsFile } from "./exporting";

export function RowMenu({ item, onDelete }: { item: Schema["WorkflowItem"]; onDelete: () => void }) {
  const { t } = useTranslation(["workflows", "common"]);
  const navigate = useNavigate();
  const mayAuthor = useMay("author");
  /** Does it and says what came of it. */
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      say(errorText(error, t("common:unreachable")), { tone: "error" });
    }
  };
  const copied = async (text: string, said: string) => {
    if (await copy(text)) say(said);
    else say(t("common:copy_failed", { text }), { tone: "error" });
  };
  const copyCurl = async () => {
    const [{ curl }, { sampleEvent }] = await Promise.all([import("@/lib/curl"), import("../sample-event")]);
    const whole = await got(api.GET("/api/v1/workflows/{key}", { params: { path: { key: item.key } } }));
    const { headers, query_string, body } = sampleEvent(whole.draft as Flow);
    const name = item.credentials?.basic.username;
    const line = curl({
      url: item.url,
      query: query_string,
      headers: headers as [string, string][],
      body,
      user: name === undefined ? undefined : { name },
    });
    await copied(line, name === undefined ? t("menu.curl_copied") : t("menu.curl_copied_asks"));
  };
  const duplicate = async () => {
    const made = await got(
      api.POST("/api/v1/workflows/{key}/duplicate", { params: { path: { key: item.key } }, body: {} }),
    );
    say(t("menu.duplicated", { title: made.title }), {
      action: {
        label: t("menu.open"),
        run: () => navigate({ to: "/workflows/$key", params: { key: made.key } }),
      },
    });
  };
  return (
    <Menu
      label={t("row.menu", { title: item.title })}
      trigger={
        <IconButton label={t("row.menu", { title: item.title })}>
          <Ellipsis size={16} aria-hidden />
        </IconButton>
      }
    >
      <MenuItem
        id="url"
        icon={<Copy size={16} aria-hidden />}
        onAction={() => attempt(() => copied(item.url, t("menu.url_copied")))}
      >
        {t("menu.url")}
      </MenuItem>
      <MenuItem id="curl" icon={<SquareTerminal size={16} aria-hidden />} onAction={() => attempt(copyCurl)}>
        {t("menu.curl")}
      </MenuItem>
      <MenuItem
        id="executions"
        icon={<ListChecks size={16} aria-hidden />}
        onAction={() => navigate({ to: "/executions", search: { workflow: item.key } })}
      >
        {t("menu.executions")}
      </MenuItem>
      <MenuSeparator />
      {mayAuthor && (
        <MenuItem id="duplicate" icon={<CopyPlus size={16} aria-hidden />} onAction={() => attempt(duplicate)}>
          {t("menu.duplicate")}
        </MenuItem>
      )}
      <MenuItem
        id="export"
        icon={<Download size={16} aria-hidden />}
        onAction={() => attempt(() => exportAsFile([item]))}
      >
        {t("menu.export")}
      </MenuItem>
      {mayAuthor && <MenuSeparator />}
      {mayAuthor && (
        <MenuItem id="delete" danger icon={<Trash2 size={16} aria-hidden />} onAction={onDelete}>
          {t("menu.delete")}
        </MenuItem>
      )}
    </Menu>
  );
}
