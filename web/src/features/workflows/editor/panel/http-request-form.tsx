// A call of another system: what is called in one row, then what is sent, then what if it fails.

import { useTranslation } from "@/lib/i18n";
import { Badge } from "@/ui/feedback";
import { Section } from "@/ui/section";
import { Select } from "@/ui/select";
import { TemplateField } from "../fields/template-field";
import { ObjectField } from "./fields/object";
import { PairTable } from "./fields/pairs";
import { plain, prose } from "./fields/prose";
import { SchemaFieldOf } from "./fields/schema-field";
import { HEADERS_OF_REQUESTS } from "./header-names";
import type { NodeForm } from "./node-form";
import { fieldsOf, type JsonSchema, type SchemaField } from "./schema";

/** What a body is written as text in, rather than as JSON. */
const TEXTS = ["text", "xml"];

/** What has a place of its own in the form; the rest comes last, folded. */
const PLACED = ["method", "url", "query", "headers", "body_type", "body", "retry"];

export function HttpRequestForm({ form, schema }: { form: NodeForm; schema: JsonSchema }) {
  const { t } = useTranslation("fields");
  const fields = fieldsOf(schema);
  const field = (name: string) => fields.find((each) => each.name === name);
  const options = (name: string) => {
    const found = field(name)?.field;
    return found?.kind === "choice" ? found.options : [];
  };
  const method = String(form.get("method") ?? "GET");
  const bodyType = String(form.get("body_type") ?? "json");
  const body = form.get("body");
  const count = (name: string) => {
    const list = form.get(name);
    return Array.isArray(list) && list.length > 0 ? <Badge>{list.length}</Badge> : undefined;
  };
  const retry = field("retry");
  return (
    <div className="flex min-w-0 flex-col">
      <div className="grid grid-cols-[104px_minmax(0,1fr)] items-start gap-x-2 pb-4">
        <div data-pointer={form.at("method")}>
          <Select
            label={t("field.method")}
            value={method}
            onChange={(next) => form.set(["method"], next === "GET" ? undefined : next)}
            options={options("method").map(({ value, detail }) => ({ id: value, label: value, detail }))}
            problem={form.problem("method")}
          />
        </div>
        <TemplateField
          label={t("field.url")}
          of={form.node.key}
          at={form.at("url")}
          as="line"
          value={form.get("url")}
          onChange={(next, whole) => form.set(["url"], next ?? "", whole)}
          problem={form.problem("url")}
          placeholder="https://"
          secrets={field("url")?.schema["x-secrets"]}
        />
      </div>
      <Section level={2} title={t("http.query")} badge={count("query")} isOpen={count("query") !== undefined}>
        <Help field={field("query")} />
        <PairTable
          form={form}
          path={["query"]}
          label={t("http.query")}
          add={t("http.add_query")}
          secrets={takesSecrets(field("query"))}
        />
      </Section>
      <Section level={2} title={t("http.headers")} badge={count("headers")} isOpen={count("headers") !== undefined}>
        <Help field={field("headers")} />
        <PairTable
          form={form}
          path={["headers"]}
          label={t("http.headers")}
          add={t("http.add_header")}
          names={HEADERS_OF_REQUESTS}
          secrets={takesSecrets(field("headers"))}
        />
      </Section>
      <Section level={2} title={t("field.body")} isOpen={body !== undefined && body !== null}>
        <div data-pointer={form.at("body_type")}>
          <Select
            label={t("field.body_type")}
            value={bodyType}
            onChange={(next) => form.set(["body_type"], next === "json" ? undefined : next)}
            options={options("body_type").map(({ value, detail }) => ({
              id: value,
              label: t(`word.${value as "json"}`, { defaultValue: value }),
              detail: plain(detail),
            }))}
            problem={form.problem("body_type")}
            className="max-w-60"
          />
        </div>
        <TemplateField
          key={TEXTS.includes(bodyType) ? "text" : "json"}
          label={t("field.body")}
          of={form.node.key}
          at={form.at("body")}
          as={TEXTS.includes(bodyType) ? "text" : "json"}
          value={body}
          onChange={(next, whole) => form.set(["body"], next === "" ? undefined : next, whole)}
          help={prose(field("body")?.help)}
          problem={form.problemIn("body")}
          secrets={field("body")?.schema["x-secrets"]}
        />
      </Section>
      {retry?.field.kind === "object" && (
        <Section level={2} title={t("http.retry")} isOpen={form.get("retry") != null}>
          <ObjectField
            form={form}
            path={["retry"]}
            field={retry}
            label={t("field.retry")}
            value={form.get("retry")}
            problem={form.problem("retry")}
            schema={retry.field.schema}
            root={schema}
          />
        </Section>
      )}
      <Section level={2} title={t("http.advanced")} isOpen={false}>
        <div className="flex flex-col gap-4">
          {fields
            .filter(({ name }) => !PLACED.includes(name))
            .map((each) => (
              <SchemaFieldOf key={each.name} field={each} path={[each.name]} form={form} root={schema} />
            ))}
        </div>
      </Section>
    </div>
  );
}

function Help({ field }: { field: SchemaField | undefined }) {
  return field?.help ? <p className="text-meta text-ink-3">{prose(field.help)}</p> : null;
}

function takesSecrets(field: SchemaField | undefined): boolean {
  return field?.field.kind === "pairs" && field.field.secrets;
}
