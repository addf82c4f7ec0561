import { useTranslation } from "@/lib/i18n";
import { RadioCards } from "@/ui/radio-cards";
import { Select } from "@/ui/select";
import { plain, prose } from "./prose";
import type { FieldProps } from "./schema-field";

/** With so few, all are seen at once. */
const CARDS_MAX = 3;

/** One of a few words of the schema; what each means stands with it. */
export function ChoiceField({
  form,
  path,
  field,
  label,
  value,
  problem,
  options,
}: FieldProps & { options: { value: string; detail?: string }[] }) {
  const { t } = useTranslation("fields");
  const usual = typeof field.schema.default === "string" ? field.schema.default : undefined;
  const chosen = typeof value === "string" ? value : usual;
  const known = options.map((option) => ({
    value: option.value,
    detail: plain(option.detail),
    label: t(`word.${option.value as "succeeded"}`, { defaultValue: option.value.replaceAll("_", " ") }),
  }));
  const choose = (next: string) => form.set(path, next === usual && !field.required ? undefined : next);
  return (
    <div data-pointer={form.at(...path)} className="flex min-w-0 flex-col gap-1">
      {options.length <= CARDS_MAX && options.every((option) => option.detail) ? (
        <>
          <RadioCards
            label={label}
            value={chosen ?? ""}
            onChange={choose}
            options={known.map(({ value: id, label: title, detail }) => ({ id, title, detail }))}
          />
          {problem && <span className="text-meta text-failed">{problem}</span>}
        </>
      ) : (
        <Select
          label={label}
          value={chosen ?? null}
          onChange={choose}
          options={known.map(({ value: id, label: title, detail }) => ({ id, label: title, detail }))}
          help={prose(field.help)}
          problem={problem}
          className="max-w-60"
        />
      )}
    </div>
  );
}
