import type { Json } from "@/flow/document";
import type { NodeForm } from "../node-form";
import type { JsonSchema, SchemaField } from "../schema";
import { AnyField } from "./any";
import { BooleanField } from "./boolean";
import { ChoiceField } from "./choice";
import { useFieldName } from "./field-name";
import { NumberOf } from "./number";
import { ObjectField } from "./object";
import { PairsField } from "./pairs";
import { TextOf } from "./text";

/** What each field of a form gets. */
export interface FieldProps {
  form: NodeForm;
  path: (string | number)[];
  field: SchemaField;
  label: string;
  value: Json | undefined;
  problem?: string;
}

/** One property of a schema, with the field that suits it. */
export function SchemaFieldOf({
  form,
  path,
  field,
  root,
}: {
  form: NodeForm;
  path: (string | number)[];
  field: SchemaField;
  root: JsonSchema;
}) {
  const { label } = useFieldName(field.name);
  const value = form.get(...path);
  const inner = field.field.kind === "pairs" || field.field.kind === "object";
  const props: FieldProps = {
    form,
    path,
    field,
    label,
    value,
    problem: inner ? form.problem(...path) : form.problemIn(...path),
  };
  switch (field.field.kind) {
    case "text":
      return <TextOf {...props} />;
    case "number":
      return <NumberOf {...props} />;
    case "boolean":
      return <BooleanField {...props} />;
    case "choice":
      return <ChoiceField {...props} options={field.field.options} />;
    case "pairs":
      return <PairsField {...props} secrets={field.field.secrets} />;
    case "object":
      return <ObjectField {...props} schema={field.field.schema} root={root} />;
    case "any":
      return <AnyField {...props} />;
  }
}
