import { Plus, Trash2 } from "lucide-react";
import type { AnswerConfig, Json } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { Button, IconButton } from "@/ui/button";
import { TextField } from "@/ui/field";
import { NumberField } from "@/ui/number-field";
import { Select } from "@/ui/select";
import { setInTrigger } from "../commands/set";
import { TemplateField } from "../fields/template-field";
import { useEditor } from "../store";

type BodyKind = "text" | "json" | "nothing";

/** What is answered when nothing else is said (domain::flow::document). */
const DEFAULT_BODY = "ok";

/** What the caller of an asynchronous workflow gets, before the flow begins. */
export function Answer() {
  const { t } = useTranslation(["trigger", "common"]);
  const answer = useEditor((editor): AnswerConfig => editor.flow.trigger.answer ?? NOTHING_SAID);
  const edit = useEditor((editor) => editor.edit);
  const set = (path: (string | number)[], value: unknown) =>
    edit("field", setInTrigger(["answer", ...path], value), `trigger answer ${path.join(" ")}`);
  const headers = answer.headers ?? [];
  const body = answer.body === undefined ? DEFAULT_BODY : answer.body;
  const kind: BodyKind = body === null ? "nothing" : typeof body === "string" ? "text" : "json";
  const bodies: Record<BodyKind, Json> = { text: DEFAULT_BODY, json: { accepted: true }, nothing: null };
  return (
    <div className="flex flex-col gap-3">
      <p className="text-meta text-ink-3">{t("answer.text")}</p>
      <div data-pointer="/answer/status">
        <NumberField
          label={t("answer.status")}
          minValue={200}
          maxValue={599}
          value={answer.status ?? 200}
          onChange={(status) => set(["status"], Number.isNaN(status) ? undefined : status)}
          className="w-32"
        />
      </div>
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1 text-body font-medium text-ink-2">{t("answer.headers")}</legend>
        {headers.map(({ name, value }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a header is its place; its name is being typed
          <div key={index} className="flex items-start gap-2">
            <div className="w-40 shrink-0" data-pointer={`/answer/headers/${index}/name`}>
              <TextField
                label=""
                aria-label={t("answer.header_name")}
                mono
                placeholder="X-Received"
                value={name}
                onChange={(text) => set(["headers", index, "name"], text)}
              />
            </div>
            <div className="min-w-0 flex-1" data-pointer={`/answer/headers/${index}/value`}>
              <TemplateField
                label={t("answer.header_value")}
                hideLabel
                as="line"
                of=""
                value={value}
                onChange={(text) => set(["headers", index, "value"], text ?? "")}
              />
            </div>
            <IconButton
              label={t("answer.header_delete", { name })}
              onPress={() => set(headers.length === 1 ? ["headers"] : ["headers", index], undefined)}
            >
              <Trash2 size={15} aria-hidden />
            </IconButton>
          </div>
        ))}
        <Button
          look="quiet"
          className="-ml-2 self-start"
          icon={<Plus size={16} aria-hidden />}
          onPress={() => set(["headers", headers.length], { name: "", value: "" })}
        >
          {t("answer.header_add")}
        </Button>
      </fieldset>
      <Select
        label={t("answer.body_kind")}
        value={kind}
        onChange={(wanted) => set(["body"], bodies[wanted])}
        options={(["text", "json", "nothing"] as const).map((id) => ({
          id,
          label: t(id === "text" ? "answer.text_kind" : `answer.${id}`),
        }))}
        className="w-40"
      />
      {kind !== "nothing" && (
        <div data-pointer="/answer/body">
          <TemplateField
            // Another kind of editor, not the same one with another text.
            key={kind}
            label={t("answer.body")}
            as={kind}
            of=""
            value={body}
            onChange={(value) => set(["body"], value ?? "")}
            help={t("answer.body_help")}
          />
        </div>
      )}
    </div>
  );
}

const NOTHING_SAID: AnswerConfig = {};
