import { useTranslation } from "@/lib/i18n";
import { nameAndUnit } from "../schema";

/** What a property of a schema is called: in the page's language if its name is known, else made of it. */
export function useFieldName(name: string): { label: string; unit?: string } {
  const { t } = useTranslation("fields");
  const { words, unit } = nameAndUnit(name);
  return {
    label: t(`field.${name as "url"}`, { defaultValue: words }),
    unit: unit && t(`unit.${unit}`),
  };
}
