import { Plus, Trash2 } from "lucide-react";
import { useEffect, useRef } from "react";
import type { Json, Pair } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { Button, IconButton } from "@/ui/button";
import { Combo } from "@/ui/combo";
import { TextField } from "@/ui/field";
import { TemplateField } from "../../fields/template-field";
import type { NodeForm } from "../node-form";
import { prose } from "./prose";
import type { FieldProps } from "./schema-field";

/** Names that people are likely to want, with what they are for. */
export interface KnownName {
  name: string;
  detail?: string;
}

/** A list of names with values: headers, parameters. */
export function PairTable({
  form,
  path,
  label,
  add,
  secrets,
  names,
}: {
  form: NodeForm;
  path: (string | number)[];
  /** What the rows are: names the table. */
  label: string;
  /** The words of the button that adds one. */
  add: string;
  secrets?: boolean;
  names?: KnownName[];
}) {
  const { t } = useTranslation("fields");
  const value = form.get(...path);
  const pairs = Array.isArray(value) ? (value as unknown as Pair[]) : [];
  const place = useRef<HTMLFieldSetElement>(null);
  // After a row came or went the focus goes where one would go on.
  const focusOn = useRef<number | null>(null);
  const rows = pairs.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: looks again when the rows are others
  useEffect(() => {
    if (focusOn.current === null) return;
    const inputs = place.current?.querySelectorAll<HTMLElement>("[data-pair] input");
    const target = inputs?.[focusOn.current] ?? place.current?.querySelector<HTMLElement>("[data-add]");
    target?.focus();
    focusOn.current = null;
  }, [rows]);
  return (
    <fieldset ref={place} aria-label={label} data-pointer={form.at(...path)} className="flex min-w-0 flex-col gap-2">
      {pairs.map((pair, index) => {
        const at = [...path, index];
        const wrong = form.problem(...at, "name");
        const row = {
          label: t("pair.name_of", { list: label, number: index + 1 }),
          value: pair.name ?? "",
          problem: wrong,
        };
        const change = (name: string) => form.set([...at, "name"], name);
        return (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place in the list
            key={index}
            data-pair
            className="grid grid-cols-[minmax(0,2fr)_minmax(0,3fr)_auto] items-start gap-1.5 max-narrow:grid-cols-[minmax(0,1fr)_auto]"
          >
            <div data-pointer={form.at(...at, "name")}>
              {names ? (
                <Combo
                  {...row}
                  hideLabel
                  onChange={change}
                  options={names.map(({ name, detail }) => ({ id: name, label: name, detail }))}
                  placeholder={t("pair.name")}
                  showAll={t("pair.all_names")}
                  mono
                />
              ) : (
                <TextField
                  aria-label={row.label}
                  label=""
                  value={row.value}
                  onChange={change}
                  problem={wrong}
                  placeholder={t("pair.name")}
                  mono
                />
              )}
            </div>
            <div className="min-w-0 max-narrow:order-last max-narrow:col-span-2">
              <TemplateField
                label={t("pair.value_of", { list: label, number: index + 1 })}
                hideLabel
                of={form.node.key}
                at={form.at(...at, "value")}
                as="line"
                value={pair.value ?? ""}
                onChange={(next, whole) => form.set([...at, "value"], next ?? "", whole)}
                problem={form.problem(...at, "value") ?? form.problem(...at)}
                placeholder={t("pair.value")}
                secrets={secrets}
              />
            </div>
            <IconButton
              label={t("pair.remove", { name: pair.name || t("pair.unnamed") })}
              onPress={() => {
                focusOn.current = Math.max(0, index - 1);
                form.set(at, undefined);
              }}
            >
              <Trash2 size={16} />
            </IconButton>
          </div>
        );
      })}
      <Button
        look="quiet"
        data-add
        icon={<Plus size={16} aria-hidden />}
        onPress={() => {
          focusOn.current = pairs.length;
          form.set([...path, pairs.length], { name: "", value: "" } as unknown as Json);
        }}
        className="-ml-2 self-start px-2"
      >
        {add}
      </Button>
    </fieldset>
  );
}

export function PairsField({ form, path, field, label, problem, secrets }: FieldProps & { secrets: boolean }) {
  const { t } = useTranslation("fields");
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <span className="text-body font-medium text-ink-2">{label}</span>
      <PairTable form={form} path={path} label={label} add={t("pair.add")} secrets={secrets} />
      <span className={`text-meta ${problem ? "text-failed" : "text-ink-3"}`}>{problem ?? prose(field.help)}</span>
    </div>
  );
}
