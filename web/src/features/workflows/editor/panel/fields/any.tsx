import { useState } from "react";
import type { Json } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { TemplateField } from "../../fields/template-field";
import { prose } from "./prose";
import type { FieldProps } from "./schema-field";

/** Any value: one line for text, numbers and templates, JSON for the rest. */
export function AnyField({ form, path, field, label, value, problem }: FieldProps) {
  const { t } = useTranslation("fields");
  const nested = typeof value === "object" && value !== null;
  const [json, setJson] = useState(nested);
  return (
    <TemplateField
      label={label}
      of={form.node.key}
      at={form.at(...path)}
      as={json || nested ? "json" : "line"}
      value={value}
      onChange={(next, whole) => form.set(path, json || nested ? next : scalar(next), whole)}
      help={prose(field.help)}
      problem={problem}
      secrets={field.schema["x-secrets"]}
      action={
        nested || field.required ? undefined : (
          <Button look="quiet" onPress={() => setJson(!json)} className="h-6! px-1.5 text-meta">
            {json ? t("as_text") : t("as_json")}
          </Button>
        )
      }
    />
  );
}

/** What a line of text stands for: numbers and the three words of JSON are themselves. */
function scalar(text: Json | undefined): Json | undefined {
  if (typeof text !== "string") return text;
  if (text === "") return undefined;
  if (text === "true" || text === "false") return text === "true";
  return /^-?(0|[1-9]\d*)(\.\d*[1-9])?$/.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;
}
