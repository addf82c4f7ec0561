import type { Json } from "@/flow/document";
import { TextField } from "@/ui/field";

export interface TemplateFieldProps {
  label: string;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
  /** Whose field it is: a node's key, or `""` for the trigger. Says which variables there are. */
  of: string;
  /** One line of text, text of many lines, or any JSON value with templates in its texts. */
  as: "line" | "text" | "json";
  help?: string;
  problem?: string;
  placeholder?: string;
  /** The label is for screen readers alone. */
  hideLabel?: boolean;
}

/** Text or JSON with variables in it. */
export function TemplateField({
  label,
  value,
  onChange,
  as,
  help,
  problem,
  placeholder,
  hideLabel,
}: TemplateFieldProps) {
  return (
    <TextField
      label={hideLabel ? "" : label}
      aria-label={hideLabel ? label : undefined}
      value={typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value)}
      onChange={onChange}
      lines={as === "line" ? undefined : 6}
      help={help}
      problem={problem}
      placeholder={placeholder}
      mono
    />
  );
}
