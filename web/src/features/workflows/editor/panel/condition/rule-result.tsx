import { Check, TriangleAlert, X } from "lucide-react";
import type { ReactNode } from "react";
import type { Json } from "@/flow/document";
import { type Comparison, takesRight } from "@/flow/rule";
import { hasTemplate } from "@/flow/template";
import { useTranslation } from "@/lib/i18n";
import { inShort } from "../../fields/in-short";
import { useNodeSeen, useRendered } from "../../fields/previews";
import { With } from "../../fields/with";
import type { NodeForm } from "../node-form";

/** How one row comes out: the values that are compared, and what is said of them. */
export function RowResult({ comparison, of }: { comparison: Comparison; of: string }) {
  const { t } = useTranslation("fields");
  const { left, operator, right } = comparison;
  const isEmpty = left === "";
  const seen = useNodeSeen(
    isEmpty
      ? undefined
      : { kind: "condition", key: of, config: { mode: "continue", rule: comparison as unknown as Json } },
  );
  const leftValue = useValue(left);
  const rightValue = useValue(right ?? null);
  if (isEmpty || !seen) return null;
  // What is wrong with a template stands with its field.
  if (seen.error?.code.startsWith("template.")) return null;
  if (seen.error) return <Trouble>{seen.error.message}</Trouble>;
  return (
    <p className="flex min-w-0 items-center gap-1.5 text-meta text-ink-3">
      <span className="code min-w-0 truncate" dir="auto">
        {leftValue} <span className="font-sans">{t(`operator.${operator}`)}</span> {takesRight(operator) && rightValue}
      </span>
      <span aria-hidden>→</span>
      <Truth holds={seen.result === true} />
    </p>
  );
}

/** How the whole rule comes out, and what that means for the flow. */
export function RuleResult({ form }: { form: NodeForm }) {
  const { t } = useTranslation("fields");
  const { node } = form;
  const seen = useNodeSeen(node);
  if (!seen || seen.error?.code.startsWith("template.")) return null;
  const holds = seen.result === true;
  const branches = form.get("mode") !== "continue";
  return (
    <div
      role="status"
      className="flex min-w-0 flex-col gap-1 rounded-control border border-line bg-sunken px-3 py-2 text-body"
    >
      <With />
      {seen.error ? (
        <Trouble>{seen.error.message}</Trouble>
      ) : (
        <p className="flex flex-wrap items-center gap-x-2">
          <Truth holds={holds} />
          <span className="text-ink-2">
            {branches
              ? t("condition.takes", { branch: holds ? t("word.true") : t("word.false") })
              : holds
                ? t("condition.goes_on")
                : t("condition.stops")}
          </span>
        </p>
      )}
    </div>
  );
}

export function Truth({ holds }: { holds: boolean }) {
  const { t } = useTranslation("fields");
  return (
    <span className={`inline-flex shrink-0 items-center gap-1 font-medium ${holds ? "text-succeeded" : "text-ink-2"}`}>
      {holds ? <Check size={14} aria-hidden /> : <X size={14} aria-hidden />}
      {holds ? t("word.true") : t("word.false")}
    </span>
  );
}

function Trouble({ children }: { children: ReactNode }) {
  return (
    <p className="flex min-w-0 items-start gap-1 text-meta text-timed-out">
      <TriangleAlert size={14} aria-hidden className="mt-px shrink-0" />
      <span className="min-w-0 break-words">{children}</span>
    </p>
  );
}

function useValue(value: Json): string {
  const isTemplate = typeof value === "string" && hasTemplate(value);
  const rendered = useRendered(isTemplate ? value : undefined);
  const shown = isTemplate ? (rendered?.value as Json | undefined) : value;
  if (shown === undefined) return "…";
  return typeof shown === "string" ? JSON.stringify(inShort(shown, 40)) : inShort(shown, 40);
}
