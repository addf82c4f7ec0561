import { useState } from "react";
import type { Json } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { TextField } from "@/ui/field";
import { Select } from "@/ui/select";
import { TemplateField } from "../../fields/template-field";
import type { NodeForm } from "../node-form";

type Kind = "text" | "number" | "boolean" | "null" | "list";
const KINDS: Kind[] = ["text", "number", "boolean", "null", "list"];

/** The right side with its type: text takes variables, which bring types of their own. */
export function RightValue({
  form,
  path,
  value,
  isList,
}: {
  form: NodeForm;
  path: (string | number)[];
  value: Json | undefined;
  /** The operator looks into a list. */
  isList: boolean;
}) {
  const { t } = useTranslation("fields");
  const kind = kindOf(value);
  const label = t("condition.right");
  const problem = form.problemIn(...path);
  return (
    <div className="grid min-w-0 flex-[3_1_216px] grid-cols-[88px_minmax(0,1fr)] items-start gap-1.5">
      <Select
        label={t("condition.right_type")}
        hideLabel
        value={kind}
        onChange={(next) => form.set(path, converted(value, next))}
        options={KINDS.map((id) => ({
          id,
          label: t(`type.${id}`),
          detail: isList && id === "text" ? t("condition.or_variable") : undefined,
        }))}
      />
      {kind === "text" && (
        <TemplateField
          label={label}
          hideLabel
          of={form.node.key}
          at={form.at(...path)}
          as="line"
          value={value ?? ""}
          onChange={(next, whole) => form.set(path, next ?? "", whole)}
          problem={problem}
          placeholder={t("condition.right_placeholder")}
          quiet
        />
      )}
      {kind === "number" && (
        <div data-pointer={form.at(...path)}>
          <NumberText
            label={label}
            value={value as number}
            onChange={(next) => form.set(path, next)}
            problem={problem}
          />
        </div>
      )}
      {kind === "boolean" && (
        <div data-pointer={form.at(...path)}>
          <Select
            label={label}
            hideLabel
            value={value === true ? "true" : "false"}
            onChange={(next) => form.set(path, next === "true")}
            options={[
              { id: "true", label: t("word.true") },
              { id: "false", label: t("word.false") },
            ]}
            problem={problem}
          />
        </div>
      )}
      {kind === "null" && <span className="code flex h-8 items-center text-ink-3">null</span>}
      {kind === "list" && (
        <TemplateField
          label={label}
          hideLabel
          of={form.node.key}
          at={form.at(...path)}
          as="json"
          lines={1}
          value={value}
          onChange={(next, whole) => form.set(path, next ?? [], whole)}
          problem={problem}
          quiet
        />
      )}
    </div>
  );
}

/** A number as it is typed: `-`, `1.` and `1e` on their way to one are not taken away. */
function NumberText({
  label,
  value,
  onChange,
  problem,
}: {
  label: string;
  value: number;
  onChange: (value: number) => void;
  problem?: string;
}) {
  const { t } = useTranslation("fields");
  const [typed, setTyped] = useState<string>();
  const shown = typed !== undefined && (Number(typed) === value || !isNumber(typed)) ? typed : String(value);
  return (
    <TextField
      aria-label={label}
      label=""
      value={shown}
      onChange={(text) => {
        setTyped(text);
        if (isNumber(text)) onChange(Number(text));
      }}
      inputMode="decimal"
      problem={isNumber(shown) ? problem : t("condition.not_a_number")}
      mono
    />
  );
}

function isNumber(text: string): boolean {
  return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text.trim()) && Number.isFinite(Number(text));
}

function kindOf(value: Json | undefined): Kind {
  if (value === null) return "null";
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "boolean";
  return typeof value === "object" ? "list" : "text";
}

/** As much of the value as another type can hold. */
function converted(value: Json | undefined, to: Kind): Json {
  const text = value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
  switch (to) {
    case "text":
      return text;
    case "number":
      return isNumber(text) ? Number(text) : 0;
    case "boolean":
      return text === "true";
    case "null":
      return null;
    case "list":
      return Array.isArray(value) ? value : value === undefined || value === null || value === "" ? [] : [value];
  }
}
