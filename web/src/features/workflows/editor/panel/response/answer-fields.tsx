import { useState } from "react";
import { Radio, RadioGroup } from "react-aria-components/RadioGroup";
import type { Json, Pair } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Combo } from "@/ui/combo";
import { LABEL, Label } from "@/ui/field";
import { setInNode } from "../../commands/set";
import { formatJson } from "../../fields/json-draft";
import { TemplateField } from "../../fields/template-field";
import { useEditor, useEditorStore } from "../../store";
import { PairTable } from "../fields/pairs";
import { HEADERS_OF_ANSWERS } from "../header-names";
import type { NodeForm } from "../node-form";
import { asType, type BodyType, bodyTypeOf } from "./body-type";
import { type Known, nameOf, STATUSES } from "./statuses";

const TYPES: BodyType[] = ["json", "text", "html", "none"];

export function AnswerFields({ form }: { form: NodeForm }) {
  const { t } = useTranslation("fields");
  const store = useEditorStore();
  const list = form.get("headers");
  const headers = Array.isArray(list) ? (list as unknown as Pair[]) : [];
  const body = form.get("body");
  const found = bodyTypeOf(body, headers);
  // A text that was chosen to be JSON stays so while it is looked at, though the config cannot tell the two apart.
  const [chosen, setChosen] = useState<BodyType | null>(found);
  const type = chosen === "json" && (found === "text" || found === "none") ? "json" : found;
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <Status form={form} />
      <div className="flex min-w-0 flex-col gap-1">
        <span className={LABEL}>{t("response.headers")}</span>
        <PairTable
          form={form}
          path={["headers"]}
          label={t("response.headers")}
          add={t("http.add_header")}
          names={HEADERS_OF_ANSWERS}
        />
      </div>
      <div className="flex min-w-0 flex-col gap-2">
        <div className="flex items-end justify-between gap-2">
          <BodyTypes form={form} value={type} body={body} headers={headers} onChoose={setChosen} />
          {type === "json" && (
            <Button look="quiet" onPress={() => formatJson(store, form.node.key, form.at("body"))}>
              {t("response.format")}
            </Button>
          )}
        </div>
        {type === "none" ? (
          <p className="text-body text-ink-2">{t("response.no_body")}</p>
        ) : (
          <Body key={type} form={form} type={type} body={body} />
        )}
      </div>
    </div>
  );
}

function Status({ form }: { form: NodeForm }) {
  const { t } = useTranslation("fields");
  const status = form.get("status") ?? 200;
  const [odd, setOdd] = useState<string>();
  const text = odd ?? String(status);
  const known = typeof status === "number" && status in STATUSES ? (status as Known) : undefined;
  const wrong = odd !== undefined ? t("response.bad_status") : form.problem("status");
  return (
    <div data-pointer={form.at("status")}>
      <Combo
        label={t("response.status")}
        value={text}
        onChange={(next) => {
          const number = Number(/^\s*(\d{3})\b/.exec(next)?.[1]);
          const fits = number >= 200 && number <= 599;
          setOdd(fits ? undefined : next);
          if (fits) form.set(["status"], number);
        }}
        options={Object.keys(STATUSES).map((id) => ({
          id,
          label: `${id} ${STATUSES[Number(id) as Known]}`,
          detail: t(`status.${Number(id) as Known}`),
        }))}
        showAll={t("response.all_statuses")}
        help={known ? `${nameOf(known)}. ${t(`status.${known}`)}` : nameOf(Number(status))}
        problem={wrong}
      />
    </div>
  );
}

function BodyTypes({
  form,
  value,
  body,
  headers,
  onChoose,
}: {
  form: NodeForm;
  value: BodyType;
  body: Json | undefined;
  headers: Pair[];
  onChoose: (type: BodyType) => void;
}) {
  const { t } = useTranslation("fields");
  const edit = useEditor((editor) => editor.edit);
  const { key } = form.node;
  const choose = (type: BodyType) => {
    onChoose(type);
    const next = asType(type, body, headers);
    // Both are one edit.
    edit("field", (flow) => {
      const config = setInNode(key, ["config", "body"], next.body);
      return config(flow) ?? setInNode(key, ["config", "headers"], next.headers as Json | undefined)(flow);
    });
  };
  return (
    <RadioGroup
      value={value}
      onChange={(type) => choose(type as BodyType)}
      orientation="horizontal"
      className="flex flex-col gap-1"
    >
      <Label>{t("response.body_type")}</Label>
      <div className="inline-flex self-start rounded-control border border-line bg-surface p-0.5">
        {TYPES.map((type) => (
          <Radio
            key={type}
            value={type}
            className="flex h-7 cursor-default items-center rounded-[4px] px-3 text-control text-ink-2 touch:h-10 data-[hovered]:bg-hover data-[selected]:bg-accent-soft data-[selected]:font-medium data-[selected]:text-accent data-[focus-visible]:outline-2 data-[focus-visible]:outline-accent"
          >
            {t(`response.type.${type}`)}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}

function Body({ form, type, body }: { form: NodeForm; type: Exclude<BodyType, "none">; body: Json | undefined }) {
  const { t } = useTranslation("fields");
  const json = type === "json";
  return (
    <TemplateField
      label={t("field.body")}
      of={form.node.key}
      at={form.at("body")}
      as={json ? "json" : "text"}
      value={body}
      onChange={(next, whole) => form.set(["body"], next ?? (json ? undefined : ""), whole)}
      problem={form.problemIn("body")}
      help={json ? t("response.json_help") : undefined}
      lines={10}
      hideLabel
      quiet
    />
  );
}
