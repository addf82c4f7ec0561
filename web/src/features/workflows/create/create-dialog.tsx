import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { Form } from "react-aria-components/Form";
import { api, got } from "@/api/client";
import { workflowsQuery } from "@/api/queries";
import type { Mode } from "@/flow/document";
import { type TemplateName, templates } from "@/flow/templates";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ErrorNote } from "@/ui/feedback";
import { TextField } from "@/ui/field";
import { RadioCards } from "@/ui/radio-cards";
import { Select } from "@/ui/select";
import { say } from "@/ui/toast";
import { ModePicture } from "./mode-picture";

/** A new workflow. Templates can be published as they are, so its URL answers from the first moment. */
export function CreateDialog({ template: begins, onClose }: { template: TemplateName; onClose: () => void }) {
  const { t } = useTranslation(["workflows", "common"]);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [title, setTitle] = useState<string>(t("create.default_title"));
  const [mode, setMode] = useState<Mode>("sync");
  const [template, setTemplate] = useState(begins);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const create = useMutation({
    mutationFn: async () => {
      const document = { hookflow: 1, title: title.trim(), enabled: true, ...templates[template](mode) };
      const { items } = await got(api.POST("/api/v1/apply", { body: { documents: [document], publish: true } }));
      queries.invalidateQueries({ queryKey: workflowsQuery.queryKey });
      return items[0]?.key ?? "";
    },
    onSuccess: async (key) => {
      say(t("create.done", { title: title.trim() }));
      await navigate({ to: "/workflows/$key", params: { key }, search: { node: "" } as never });
      onClose();
    },
  });
  return (
    <Dialog
      title={t("create.title")}
      isOpen
      onClose={onClose}
      width="wide"
      footer={
        <>
          <Button onPress={onClose}>{t("common:cancel")}</Button>
          <Button
            look="primary"
            type="submit"
            form="create"
            isPending={create.isPending}
            isDisabled={title.trim() === ""}
          >
            {t("create.confirm")}
          </Button>
        </>
      }
    >
      <Form
        id="create"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!create.isPending && title.trim() !== "") create.mutate();
        }}
      >
        {create.error && <ErrorNote error={create.error} />}
        <TextField ref={field} label={t("create.name")} value={title} onChange={setTitle} autoFocus maxLength={200} />
        <div className="flex flex-col gap-0.5">
          <span className="text-body font-medium text-ink-2">{t("create.starts_with")}</span>
          <span className="text-control">{t("create.webhook")}</span>
        </div>
        <RadioCards
          label={t("create.answer")}
          value={mode}
          onChange={setMode}
          columns={2}
          options={(["sync", "async"] as const).map((id) => ({
            id,
            title: t(`create.${id}.title`),
            detail: t(`create.${id}.detail`),
            picture: <ModePicture mode={id} />,
          }))}
        />
        <Select
          label={t("create.start_from")}
          value={template}
          onChange={setTemplate}
          options={(["answering", "deciding", "empty"] as const).map((id) => ({
            id,
            label: t(`template.${id}.title`),
            detail: t(`template.${id}.detail`),
          }))}
        />
        <p className="text-meta text-ink-3">{t("create.note")}</p>
      </Form>
    </Dialog>
  );
}
