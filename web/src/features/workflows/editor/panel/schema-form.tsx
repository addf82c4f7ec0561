// The form of a kind that has none of its own, made of its schema: one field a property, in the schema's order.

import { prose } from "./fields/prose";
import { SchemaFieldOf } from "./fields/schema-field";
import type { NodeForm } from "./node-form";
import type { JsonSchema } from "./schema";
import { fieldsOf } from "./schema";

export function SchemaForm({ form, schema, summary }: { form: NodeForm; schema: JsonSchema; summary?: string }) {
  return (
    <div className="flex min-w-0 flex-col gap-4">
      {summary && <p className="text-body text-ink-2">{prose(summary)}</p>}
      {fieldsOf(schema).map((field) => (
        <SchemaFieldOf key={field.name} field={field} path={[field.name]} form={form} root={schema} />
      ))}
    </div>
  );
}
