import { Ellipsis } from "lucide-react";
import type { Json, ValueType } from "@/flow/document";
import { type Comparison, negated, type Operator, operatorsFor, takesRight } from "@/flow/rule";
import { hasTemplate } from "@/flow/template";
import { typeOf } from "@/flow/variables";
import { useTranslation } from "@/lib/i18n";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu-parts";
import { Select } from "@/ui/select";
import { useRendered } from "../../fields/previews";
import { TemplateField } from "../../fields/template-field";
import type { NodeForm } from "../node-form";
import { RightValue } from "./right-value";
import { RowResult } from "./rule-result";

/** One row: a value, an operator, a value; below, how it comes out. */
export function ComparisonRow({
  form,
  path,
  comparison,
  onGroup,
  onRemove,
}: {
  form: NodeForm;
  path: (string | number)[];
  comparison: Comparison;
  onGroup: (kind: "all" | "any") => void;
  onRemove?: () => void;
}) {
  const { t } = useTranslation("fields");
  const { left, operator } = comparison;
  const type = useTypeOf(left);
  const fitting = operatorsFor(type);
  const shown = fitting.includes(operator) ? fitting : [operator, ...fitting];
  const opposite = negated(comparison) as Comparison | undefined;
  const setOperator = (next: Operator) => {
    const { right: _, ...rest } = comparison;
    const right = comparison.right ?? (next === "in" || next === "not_in" ? [] : type === "number" ? 0 : "");
    form.set(path, { ...rest, operator: next, ...(takesRight(next) ? { right } : {}) } as unknown as Json);
  };
  return (
    <fieldset
      aria-label={t("condition.comparison")}
      data-pointer={form.at(...path)}
      className="flex min-w-0 flex-col gap-1.5"
    >
      <div className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-1.5">
        <TemplateField
          label={t("condition.left")}
          hideLabel
          of={form.node.key}
          at={form.at(...path, "left")}
          as="line"
          value={left}
          onChange={(next, whole) => form.set([...path, "left"], next ?? "", whole)}
          problem={form.problemIn(...path, "left")}
          placeholder={t("condition.left_placeholder")}
          quiet
        />
        <Menu
          label={t("condition.row_menu")}
          trigger={
            <IconButton label={t("condition.row_menu")}>
              <Ellipsis size={16} />
            </IconButton>
          }
        >
          {opposite ? (
            <MenuItem id="negate" onAction={() => setOperator(opposite.operator)}>
              {t("condition.negate")}
            </MenuItem>
          ) : (
            <MenuItem id="negate" isDisabled detail={t("condition.no_opposite")}>
              {t("condition.negate")}
            </MenuItem>
          )}
          <MenuItem id="any" onAction={() => onGroup("any")}>
            {t("condition.into_any")}
          </MenuItem>
          <MenuItem id="all" onAction={() => onGroup("all")}>
            {t("condition.into_all")}
          </MenuItem>
          {onRemove && <MenuSeparator />}
          {onRemove && (
            <MenuItem id="remove" danger onAction={onRemove}>
              {t("condition.remove")}
            </MenuItem>
          )}
        </Menu>
      </div>
      <div className="flex min-w-0 flex-wrap items-start gap-1.5">
        <div data-pointer={form.at(...path, "operator")} className="min-w-0 flex-[2_1_150px]">
          <Select
            label={t("condition.operator")}
            hideLabel
            value={operator}
            onChange={setOperator}
            options={shown.map((id) => ({ id, label: t(`operator.${id}`) }))}
            problem={form.problem(...path, "operator") ?? form.problem(...path)}
          />
        </div>
        {takesRight(operator) && (
          <RightValue
            form={form}
            path={[...path, "right"]}
            value={comparison.right}
            isList={operator === "in" || operator === "not_in"}
          />
        )}
      </div>
      <RowResult comparison={comparison} of={form.node.key} />
    </fieldset>
  );
}

/** The type of a side: its own if it is constant, else what it comes to. */
function useTypeOf(value: Json): ValueType | undefined {
  const isTemplate = typeof value === "string" && hasTemplate(value);
  const rendered = useRendered(isTemplate ? value : undefined);
  if (!isTemplate) return value === "" ? undefined : typeOf(value);
  if (!rendered || rendered.error || rendered.missing.length > 0) return undefined;
  return typeOf(rendered.value as Json);
}
