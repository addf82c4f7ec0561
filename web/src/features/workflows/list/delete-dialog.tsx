import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schema } from "@/api/client";
import { workflowsQuery } from "@/api/queries";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { ErrorNote, Loading } from "@/ui/feedback";
import { TextField } from "@/ui/field";
import { say } from "@/ui/toast";
import { exportAsFile } from "./exporting";

const DAYS = 7;

/** Deletes for good. Somebody may still call it: then its title has to be typed. */
export function DeleteDialog({ item, onClose }: { item: Schema["WorkflowItem"]; onClose: () => void }) {
  const { t } = useTranslation("workflows");
  const queries = useQueryClient();
  const [typed, setTyped] = useState("");
  const used = useQuery({
    queryKey: ["workflow", item.key, "used-lately"],
    queryFn: async () => {
      const from = new Date(Date.now() - DAYS * 86_400_000).toISOString();
      const page = await got(
        api.GET("/api/v1/executions", { params: { query: { workflow: item.key, from, limit: 1 } } }),
      );
      return page.items.length > 0;
    },
    staleTime: 0,
  });
  const remove = useMutation({
    mutationFn: () => got(api.DELETE("/api/v1/workflows/{key}", { params: { path: { key: item.key } } })),
    onSuccess: () => {
      queries.setQueryData(workflowsQuery.queryKey, (items) => items?.filter(({ key }) => key !== item.key));
      say(t("delete.done", { title: item.title }));
      onClose();
    },
  });
  const exporting = useMutation({ mutationFn: () => exportAsFile([item]) });
  // Where that cannot be found out, the careful way.
  const mustType = used.data ?? used.isError;
  return (
    <Confirm
      title={t("delete.title", { title: item.title })}
      isOpen
      onClose={onClose}
      onConfirm={() => remove.mutate()}
      confirm={t("delete.confirm")}
      isPending={remove.isPending}
      isDisabled={used.isPending || (mustType && typed.trim() !== item.title.trim())}
    >
      <div className="flex flex-col gap-3">
        <p>{t("delete.text")}</p>
        <Button className="self-start" onPress={() => exporting.mutate()} isPending={exporting.isPending}>
          {t("delete.export")}
        </Button>
        {used.isPending && <Loading lines={1} />}
        {mustType && (
          <TextField
            label={t("delete.type", { count: DAYS })}
            placeholder={item.title}
            value={typed}
            onChange={setTyped}
            autoComplete="off"
          />
        )}
        {(remove.error ?? exporting.error) && <ErrorNote error={remove.error ?? exporting.error} />}
      </div>
    </Confirm>
  );
}
