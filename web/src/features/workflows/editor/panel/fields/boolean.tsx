import { Switch } from "@/ui/toggle";
import { prose } from "./prose";
import type { FieldProps } from "./schema-field";

export function BooleanField({ form, path, field, label, value, problem }: FieldProps) {
  const usual = field.schema.default === true;
  return (
    <div data-pointer={form.at(...path)} className="flex min-w-0 flex-col gap-1">
      <Switch
        isSelected={typeof value === "boolean" ? value : usual}
        onChange={(next) => form.set(path, next === usual && !field.required ? undefined : next)}
      >
        {label}
      </Switch>
      <span className={`text-meta ${problem ? "text-failed" : "text-ink-3"}`}>{problem ?? prose(field.help)}</span>
    </div>
  );
}
