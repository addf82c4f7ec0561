// An execution that waits for a person: what happened, and three ways on.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/api/may";
import { executionQuery } from "@/api/queries";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { ErrorNote } from "@/ui/feedback";
import { TextField } from "@/ui/field";
import { RadioCards } from "@/ui/radio-cards";
import { StatusShape } from "@/ui/status";
import { say } from "@/ui/toast";

export function ResolveCard({ execution, nodeTitle }: { execution: Schema["ExecutionView"]; nodeTitle?: string }) {
  const { t } = useTranslation("executions");
  const may = useMay("operate");
  const queries = useQueryClient();
  const [action, setAction] = useState<Schema["ResolveAction"]>("run_again");
  const [result, setResult] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [pending, setPending] = useState(false);
  const reason = execution.reason;
  if (execution.status !== "waiting" || (reason !== "needs_attention" && reason !== "quarantined")) return null;
  const parsed = action === "skip" ? readJson(result) : { value: undefined };
  const go = async () => {
    setPending(true);
    setError(null);
    try {
      const { id } = execution;
      const body = { action, ...(parsed.value !== undefined && { result: parsed.value }) };
      await api.POST("/api/v1/executions/{id}/resolve", { params: { path: { id } }, body });
      say(t("resolve.done"));
      await queries.invalidateQueries({ queryKey: executionQuery(id).queryKey });
    } catch (error) {
      setError(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <section
      aria-label={t("resolve.label")}
      className="flex flex-col gap-4 rounded-card border border-waiting bg-surface p-4"
    >
      <div className="flex items-start gap-2.5">
        <StatusShape status="waiting" size={18} />
        <div>
          <h2 className="text-control font-semibold">{t(`resolve.${reason}`, { node: nodeTitle ?? "" })}</h2>
          <p className="mt-1 text-ink-2">{t(`resolve.${reason}_text`)}</p>
        </div>
      </div>
      {may ? (
        <>
          <RadioCards
            label={t("resolve.how")}
            value={action}
            onChange={setAction}
            columns={3}
            options={(["run_again", "skip", "fail"] as const).map((id) => ({
              id,
              title: t(`resolve.${id}`),
              detail: t(`resolve.${id}_detail`),
            }))}
          />
          {action === "skip" && (
            <TextField
              label={t("resolve.result")}
              help={t("resolve.result_help")}
              problem={parsed.problem ? t("resolve.not_json") : undefined}
              value={result}
              onChange={setResult}
              lines={4}
              mono
            />
          )}
          {error !== null && <ErrorNote error={error} />}
          <div>
            <Button look="primary" onPress={go} isPending={pending} isDisabled={parsed.problem}>
              {t(`resolve.${action}`)}
            </Button>
          </div>
        </>
      ) : (
        <p className="text-ink-2">{t("resolve.may_not")}</p>
      )}
    </section>
  );
}

function readJson(text: string): { value?: unknown; problem?: boolean } {
  if (text.trim() === "") return {};
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { problem: true };
  }
}
