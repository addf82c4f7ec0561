import { count } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { NumberField } from "@/ui/number-field";
import { useFieldName } from "./field-name";
import { prose } from "./prose";
import type { FieldProps } from "./schema-field";

/** A number with its range; empty is the default. */
export function NumberOf({ form, path, field, label, value, problem }: FieldProps) {
  const { t } = useTranslation("fields");
  const { unit } = useFieldName(field.name);
  const { minimum, maximum, default: usual } = field.schema;
  const range =
    minimum !== undefined && maximum !== undefined ? t("range", { from: count(minimum), to: count(maximum) }) : "";
  return (
    <div data-pointer={form.at(...path)} className="flex min-w-0 flex-col gap-1">
      <NumberField
        label={unit ? t("with_unit", { name: label, unit }) : label}
        value={typeof value === "number" ? value : Number.NaN}
        onChange={(next) => form.set(path, Number.isNaN(next) ? undefined : next)}
        minValue={minimum}
        maxValue={maximum}
        formatOptions={{
          useGrouping: false,
          maximumFractionDigits: field.field.kind === "number" && field.field.whole ? 0 : 12,
        }}
        placeholder={typeof usual === "number" ? String(usual) : undefined}
        help={
          <>
            {prose(field.help)} {range}
          </>
        }
        problem={problem}
        className="[&_input]:max-w-40"
      />
    </div>
  );
}
