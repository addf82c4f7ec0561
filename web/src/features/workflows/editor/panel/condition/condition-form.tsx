// A condition: what its rule decides, the rule as rows or as an expression, and how it comes out.

import { useState } from "react";
import type { Json } from "@/flow/document";
import { comparisonsIn, freshComparison, readRule } from "@/flow/rule";
import { toExpression } from "@/flow/rule-expression";
import { useTranslation } from "@/lib/i18n";
import { Confirm } from "@/ui/dialog";
import { Note } from "@/ui/feedback";
import { Tabs } from "@/ui/tabs";
import { TemplateField } from "../../fields/template-field";
import type { NodeForm } from "../node-form";
import { DecidesChoice } from "./decides-choice";
import { RuleResult } from "./rule-result";
import { RuleRows } from "./rule-rows";

export function ConditionForm({ form }: { form: NodeForm }) {
  const { t } = useTranslation("fields");
  const written = form.get("rule");
  const rule = readRule(written);
  const [asking, setAsking] = useState<{ to: "rows" | "expression"; rule: Json; text: string } | null>(null);
  const isExpression = rule !== undefined && "expression" in rule;

  const go = (to: string) => {
    if ((to === "expression") === isExpression) return;
    if (to === "rows") {
      const begin = freshComparison() as unknown as Json;
      if (isExpression && rule.expression.trim() === "") form.set(["rule"], begin);
      else setAsking({ to: "rows", rule: begin, text: t("condition.ask_rows") });
      return;
    }
    const converted = rule && toExpression(rule);
    const empty = !rule || comparisonsIn(rule).every(({ left }) => left === "");
    const next = { expression: empty ? "" : (converted?.expression ?? "") };
    if (empty || converted?.differ.length === 0) form.set(["rule"], next);
    else {
      setAsking({
        to: "expression",
        rule: next,
        text: converted
          ? t("condition.ask_differs", { count: converted.differ.length })
          : t("condition.ask_expression"),
      });
    }
  };

  return (
    <div className="flex min-w-0 flex-col gap-4">
      <DecidesChoice form={form} />
      <Tabs
        label={t("condition.rule")}
        selected={isExpression ? "expression" : "rows"}
        onSelect={go}
        items={[
          {
            id: "rows",
            label: t("condition.rows"),
            content:
              rule || written === undefined ? (
                <RuleRows form={form} rule={rule ?? { all: [] }} />
              ) : (
                <Note tone="warning">{t("condition.odd")}</Note>
              ),
          },
          {
            id: "expression",
            label: t("condition.expression"),
            content: (
              <TemplateField
                label={t("condition.expression_label")}
                of={form.node.key}
                at={form.at("rule", "expression")}
                as="expression"
                lines={4}
                value={isExpression ? rule.expression : ""}
                onChange={(next, whole) => form.set(["rule"], { expression: String(next ?? "") }, whole)}
                help={t("condition.expression_help")}
                problem={form.problemIn("rule")}
                placeholder="trigger.body.total > 100"
              />
            ),
          },
        ]}
      />
      <RuleResult form={form} />
      <Confirm
        title={asking?.to === "rows" ? t("condition.to_rows") : t("condition.to_expression")}
        isOpen={asking !== null}
        onClose={() => setAsking(null)}
        onConfirm={() => {
          if (asking) form.set(["rule"], asking.rule);
          setAsking(null);
        }}
        confirm={t("condition.replace")}
      >
        <p>{asking?.text}</p>
        <p className="mt-2 text-ink-2">{t("condition.can_undo")}</p>
      </Confirm>
    </div>
  );
}
