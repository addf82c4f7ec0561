import { Plus, Trash2 } from "lucide-react";
import type { Json } from "@/flow/document";
import { freshComparison, grouped, inner, isComparison, negated, type Rule } from "@/flow/rule";
import { useTranslation } from "@/lib/i18n";
import { Button, IconButton } from "@/ui/button";
import { Select } from "@/ui/select";
import { useEditorStore } from "../../store";
import type { NodeForm } from "../node-form";
import { ComparisonRow } from "./comparison-row";

type Path = (string | number)[];

/** The rule as rows: comparisons, and groups of them of any depth. */
export function RuleRows({ form, rule }: { form: NodeForm; rule: Rule }) {
  const root = ["rule"];
  return isComparison(rule) ? (
    <div className="flex min-w-0 flex-col gap-3">
      <ComparisonRow
        form={form}
        path={root}
        comparison={rule}
        onGroup={(kind) => put(form, root, grouped(kind, [rule]))}
      />
      <Adders form={form} path={root} rules={[rule]} kind="all" whole />
    </div>
  ) : (
    <Group form={form} path={root} rule={rule} />
  );
}

function Group({ form, path, rule, onRemove }: { form: NodeForm; path: Path; rule: Rule; onRemove?: () => void }) {
  const { t } = useTranslation("fields");
  const list = inner(rule);
  if (!list) return null;
  const { kind, rules } = list;
  const opposite = negated(rule);
  return (
    <fieldset
      aria-label={t(`condition.${kind}`)}
      data-pointer={form.at(...path)}
      className="flex min-w-0 flex-col gap-3 rounded-card border border-line bg-bg p-3"
    >
      <div className="flex items-center gap-2">
        <Select
          label={t("condition.group")}
          hideLabel
          value={kind}
          onChange={(next) => put(form, path, grouped(next, rules))}
          options={[
            { id: "all", label: t("condition.all"), detail: t("condition.all_detail") },
            { id: "any", label: t("condition.any"), detail: t("condition.any_detail") },
          ]}
          className="min-w-0 flex-1"
        />
        {opposite && (
          <Button look="quiet" onPress={() => put(form, path, opposite)}>
            {t("condition.negate")}
          </Button>
        )}
        {onRemove && (
          <IconButton label={t("condition.remove_group")} onPress={onRemove}>
            <Trash2 size={16} />
          </IconButton>
        )}
      </div>
      {rules.length === 0 && (
        <p className="text-body text-ink-2">{kind === "all" ? t("condition.empty_all") : t("condition.empty_any")}</p>
      )}
      {rules.map((each, index) => {
        const at = [...path, kind, index];
        const remove = () => form.set(at, undefined);
        return isComparison(each) ? (
          <ComparisonRow
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place in the list
            key={index}
            form={form}
            path={at}
            comparison={each}
            onGroup={(wrap) => put(form, at, grouped(wrap, [each]))}
            onRemove={remove}
          />
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place in the list
          <Group key={index} form={form} path={at} rule={each} onRemove={remove} />
        );
      })}
      <Adders form={form} path={path} rules={rules} kind={kind} />
    </fieldset>
  );
}

function Adders({
  form,
  path,
  rules,
  kind,
  whole,
}: {
  form: NodeForm;
  path: Path;
  rules: Rule[];
  kind: "all" | "any";
  /** The rule is one comparison so far: what is added makes it a group. */
  whole?: boolean;
}) {
  const { t } = useTranslation("fields");
  const store = useEditorStore();
  const add = (rule: Rule, within: Path) => {
    if (whole) put(form, path, grouped(kind, [...rules, rule]));
    else put(form, [...path, kind, rules.length], rule);
    store.setState({ wanted: form.at(...path, kind, rules.length, ...within, "left") });
  };
  return (
    <div className="flex flex-wrap gap-1">
      <Button
        look="quiet"
        className="-ml-2 px-2"
        icon={<Plus size={16} aria-hidden />}
        onPress={() => add(freshComparison(), [])}
      >
        {t("condition.add")}
      </Button>
      <Button
        look="quiet"
        icon={<Plus size={16} aria-hidden />}
        onPress={() => {
          const other = kind === "all" ? "any" : "all";
          add(grouped(other, [freshComparison()]), [other, 0]);
        }}
      >
        {t("condition.add_group")}
      </Button>
    </div>
  );
}

function put(form: NodeForm, path: Path, rule: Rule) {
  form.set(path, rule as unknown as Json);
}
