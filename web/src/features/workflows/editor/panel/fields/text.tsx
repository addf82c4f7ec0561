import { TemplateField } from "../../fields/template-field";
import { prose } from "./prose";
import type { FieldProps } from "./schema-field";

/** Text with variables. */
export function TextOf({ form, path, field, label, value, problem }: FieldProps) {
  return (
    <TemplateField
      label={label}
      of={form.node.key}
      at={form.at(...path)}
      as="line"
      value={value}
      onChange={(next, whole) => form.set(path, next === "" && !field.required ? undefined : next, whole)}
      help={prose(field.help)}
      problem={problem}
      secrets={field.schema["x-secrets"]}
    />
  );
}
