// What the caller gets: status, headers, body; and what that comes to, byte by byte.

import { useState } from "react";
import { useTranslation } from "@/lib/i18n";
import { Note } from "@/ui/feedback";
import { Tabs } from "@/ui/tabs";
import type { NodeForm } from "../node-form";
import { AnswerFields } from "./answer-fields";
import { AnswerPreview } from "./answer-preview";

export function ResponseForm({ form }: { form: NodeForm }) {
  const { t } = useTranslation("fields");
  const [tab, setTab] = useState("answer");
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <Note>{t("response.ends")}</Note>
      <Tabs
        label={t("response.tabs")}
        selected={tab}
        onSelect={setTab}
        items={[
          { id: "answer", label: t("response.answer"), content: <AnswerFields form={form} /> },
          { id: "preview", label: t("response.preview"), content: <AnswerPreview node={form.node} /> },
        ]}
      />
    </div>
  );
}
