import { Switch } from "@/ui/toggle";
import { fieldsOf, type JsonSchema } from "../schema";
import { prose } from "./prose";
import { type FieldProps, SchemaFieldOf } from "./schema-field";

/** Fields that belong together; where they can be left out as a whole, a switch says whether they are there. */
export function ObjectField({
  form,
  path,
  field,
  label,
  value,
  problem,
  schema,
  root,
}: FieldProps & { schema: JsonSchema; root: JsonSchema }) {
  const there = typeof value === "object" && value !== null;
  const optional = field.optional || !field.required;
  return (
    <div data-pointer={form.at(...path)} className="flex min-w-0 flex-col gap-2">
      {optional ? (
        <Switch isSelected={there} onChange={(on) => form.set(path, on ? {} : undefined)}>
          {label}
        </Switch>
      ) : (
        <span className="text-body font-medium text-ink-2">{label}</span>
      )}
      {(problem || field.help) && (
        <span className={`text-meta ${problem ? "text-failed" : "text-ink-3"}`}>{problem ?? prose(field.help)}</span>
      )}
      {(there || !optional) && (
        <div className="flex flex-col gap-4 border-l-2 border-line pl-4">
          {fieldsOf(schema, root).map((inner) => (
            <SchemaFieldOf key={inner.name} form={form} path={[...path, inner.name]} field={inner} root={root} />
          ))}
        </div>
      )}
    </div>
  );
}
