import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components/Form";
import { api, got, type Schema } from "@/api/client";
import { workflowsQuery } from "@/api/queries";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ErrorNote } from "@/ui/feedback";
import { TextField } from "@/ui/field";
import { say } from "@/ui/toast";
import { Checkbox } from "@/ui/toggle";
import { tagsOf } from "./filter";

/** Gives tags to the workflows, or takes them away: what is ticked all of them have afterwards, what is not, none. */
export function TagsDialog({ items, onClose }: { items: Schema["WorkflowItem"][]; onClose: () => void }) {
  const { t } = useTranslation(["workflows", "common"]);
  const queries = useQueryClient();
  const all = tagsOf(queries.getQueryData(workflowsQuery.queryKey) ?? items);
  const [changed, setChanged] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [added, setAdded] = useState("");
  const save = useMutation({
    mutationFn: async () => {
      const fresh = added.trim();
      const wanted = new Map(changed);
      if (fresh !== "") wanted.set(fresh, true);
      const after = (tags: string[]) => [
        ...tags.filter((tag) => wanted.get(tag) !== false),
        ...[...wanted].filter(([tag, on]) => on && !tags.includes(tag)).map(([tag]) => tag),
      ];
      await Promise.all(
        items.map(({ key, tags }) =>
          got(api.PATCH("/api/v1/workflows/{key}", { params: { path: { key } }, body: { tags: after(tags) } })),
        ),
      );
      await queries.invalidateQueries({ queryKey: workflowsQuery.queryKey, exact: true });
    },
    onSuccess: () => {
      say(t("tags.saved", { count: items.length }));
      onClose();
    },
  });
  const having = (tag: string) => items.filter(({ tags }) => tags.includes(tag)).length;
  return (
    <Dialog
      title={t("tags.title", { count: items.length })}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{t("common:cancel")}</Button>
          <Button look="primary" type="submit" form="tags" isPending={save.isPending}>
            {t("common:save")}
          </Button>
        </>
      }
    >
      <Form
        id="tags"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
        className="flex flex-col gap-3"
      >
        {save.error && <ErrorNote error={save.error} />}
        <div className="flex flex-wrap gap-x-4">
          {all.map((tag) => (
            <Checkbox
              key={tag}
              isSelected={changed.get(tag) ?? having(tag) === items.length}
              isIndeterminate={!changed.has(tag) && having(tag) > 0 && having(tag) < items.length}
              onChange={(on) => setChanged(new Map(changed).set(tag, on))}
            >
              {tag}
            </Checkbox>
          ))}
        </div>
        <TextField label={t("tags.new")} value={added} onChange={setAdded} autoFocus />
      </Form>
    </Dialog>
  );
}
