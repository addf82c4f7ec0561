// Fields of forms: a label above, help or what is wrong below.

import type { ReactNode, Ref } from "react";
import { FieldError } from "react-aria-components/FieldError";
import { Input } from "react-aria-components/Input";
import { Label as AriaLabel } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import { TextArea } from "react-aria-components/TextArea";
import { TextField as AriaTextField, type TextFieldProps as AriaTextFieldProps } from "react-aria-components/TextField";

export const INPUT =
  "h-8 w-full min-w-0 rounded-control border border-line bg-surface px-2.5 text-control text-ink placeholder:text-ink-3 touch:h-11 " +
  "data-[hovered]:border-line-strong data-[focused]:border-accent data-[focused]:outline-1 data-[focused]:outline-offset-0 data-[focused]:outline-accent " +
  "data-[invalid]:border-failed data-[disabled]:opacity-50 read-only:bg-sunken";

export const LABEL = "text-body font-medium text-ink-2";

export function Label({ children }: { children: ReactNode }) {
  return <AriaLabel className={LABEL}>{children}</AriaLabel>;
}

/** Below a field: what is wrong, or else what it is for. */
export function Below({ help, problem }: { help?: ReactNode; problem?: string }) {
  return (
    <>
      {help && !problem && (
        <Text slot="description" className="text-meta text-ink-3">
          {help}
        </Text>
      )}
      <FieldError className="text-meta text-failed">{problem}</FieldError>
    </>
  );
}

export interface TextFieldProps extends Omit<AriaTextFieldProps, "className" | "style" | "children" | "isInvalid"> {
  label: ReactNode;
  help?: ReactNode;
  /** What is wrong with it, in words. */
  problem?: string;
  placeholder?: string;
  mono?: boolean;
  /** How many lines; without it, one line that cannot be broken. */
  lines?: number;
  ref?: Ref<HTMLInputElement>;
  className?: string;
}

export function TextField({
  label,
  help,
  problem,
  placeholder,
  mono,
  lines,
  ref,
  className = "",
  ...rest
}: TextFieldProps) {
  return (
    <AriaTextField {...rest} isInvalid={problem !== undefined} className={`flex min-w-0 flex-col gap-1 ${className}`}>
      {label && <Label>{label}</Label>}
      {lines ? (
        <TextArea rows={lines} placeholder={placeholder} className={`${INPUT} h-auto py-1.5 ${mono ? "code" : ""}`} />
      ) : (
        <Input ref={ref} placeholder={placeholder} className={`${INPUT} ${mono ? "code" : ""}`} />
      )}
      <Below help={help} problem={problem} />
    </AriaTextField>
  );
}
