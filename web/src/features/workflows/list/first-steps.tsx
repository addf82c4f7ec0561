import { Upload } from "lucide-react";
import type { TemplateName } from "@/flow/templates";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { TemplatePicture } from "../template-picture";

const TEMPLATES: TemplateName[] = ["answering", "deciding", "empty"];

/** An empty list: three ways to begin, and what was exported elsewhere. */
export function FirstSteps({
  onTemplate,
  onImport,
}: {
  onTemplate: (template: TemplateName) => void;
  onImport: () => void;
}) {
  const { t } = useTranslation("workflows");
  return (
    <div className="flex flex-col items-center gap-6 py-10">
      <div className="flex max-w-lg flex-col gap-1 text-center">
        <h2 className="text-card font-semibold">{t("first.title")}</h2>
        <p className="text-ink-2">{t("first.text")}</p>
      </div>
      <ul className="grid w-full max-w-[840px] grid-cols-3 gap-4 max-narrow:grid-cols-1">
        {TEMPLATES.map((template) => (
          <li key={template} className="flex">
            <button
              type="button"
              onClick={() => onTemplate(template)}
              className="flex w-full flex-col gap-2 rounded-card border border-line bg-surface p-4 text-left transition-colors duration-100 hover:border-line-strong"
            >
              <span className="rounded-control bg-sunken">
                <TemplatePicture template={template} />
              </span>
              <span className="text-control font-medium">{t(`template.${template}.title`)}</span>
              <span className="text-meta text-ink-2">{t(`template.${template}.detail`)}</span>
            </button>
          </li>
        ))}
      </ul>
      <Button look="quiet" icon={<Upload size={16} aria-hidden />} onPress={onImport}>
        {t("first.import")}
      </Button>
    </div>
  );
}
