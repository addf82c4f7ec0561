import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schema } from "@/api/client";
import type { Execution } from "@/api/live";
import { useMay } from "@/api/may";
import { executionQuery } from "@/api/queries";
import { download } from "@/lib/download";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { say } from "@/ui/toast";
import { maskedExecution } from "../detail/export";
import { InTurn } from "./in-turn";

const isOpen = ({ status }: Execution) => status === "queued" || status === "running" || status === "waiting";

/** What can be done with the rows that are selected. */
export function SelectionBar({ items, onClear }: { items: Execution[]; onClear: () => void }) {
  const { t } = useTranslation("executions");
  const mayOperate = useMay("operate");
  const queries = useQueryClient();
  const [doing, setDoing] = useState<"replay" | "cancel" | null>(null);
  const [exporting, setExporting] = useState(false);
  const open = items.filter(isOpen);
  const exportAll = async () => {
    setExporting(true);
    try {
      const lines = [];
      for (const { id } of items)
        lines.push(JSON.stringify(maskedExecution(await queries.fetchQuery(executionQuery(id)))));
      download("executions.ndjson", `${lines.join("\n")}\n`, "application/x-ndjson");
    } catch (error) {
      say(String(error instanceof Error ? error.message : error), { tone: "error" });
    } finally {
      setExporting(false);
    }
  };
  if (items.length === 0) return null;
  return (
    <section
      aria-label={t("selection.label")}
      className="sticky bottom-3 z-20 mx-auto flex flex-wrap items-center justify-center gap-2 rounded-card border border-line bg-surface px-3 py-2 shadow-overlay"
    >
      <span role="status" className="px-1 text-control">
        {t("selection.count", { count: items.length })}
      </span>
      {mayOperate && (
        <>
          <Button look="primary" onPress={() => setDoing("replay")}>
            {t("selection.replay", { count: items.length })}
          </Button>
          {open.length > 0 && (
            <Button look="danger" onPress={() => setDoing("cancel")}>
              {t("selection.cancel", { count: open.length })}
            </Button>
          )}
        </>
      )}
      <Button onPress={exportAll} isPending={exporting}>
        {t("selection.export")}
      </Button>
      <Button look="quiet" onPress={onClear}>
        {t("selection.clear")}
      </Button>
      {doing === "replay" && <InTurn ids={items.map(({ id }) => id)} onClose={() => setDoing(null)} />}
      <CancelAll isOpen={doing === "cancel"} items={open} onClose={() => setDoing(null)} />
    </section>
  );
}

function CancelAll({ isOpen, items, onClose }: { isOpen: boolean; items: Execution[]; onClose: () => void }) {
  const { t } = useTranslation("executions");
  const [pending, setPending] = useState(false);
  const cancel = async () => {
    setPending(true);
    let done = 0;
    for (const { id } of items) {
      // One that has ended meanwhile has nothing to cancel.
      const call = got<Schema["CancelledView"]>(
        api.POST("/api/v1/executions/{id}/cancel", { params: { path: { id } } }),
      );
      await call.then(() => done++).catch(() => undefined);
    }
    setPending(false);
    onClose();
    say(t("selection.cancelled", { count: done }));
  };
  return (
    <Confirm
      title={t("selection.cancel_title", { count: items.length })}
      isOpen={isOpen}
      onClose={onClose}
      onConfirm={cancel}
      isPending={pending}
      confirm={t("selection.cancel", { count: items.length })}
    >
      <p>{t("selection.cancel_text")}</p>
    </Confirm>
  );
}
