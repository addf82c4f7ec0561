// Fields of forms: a label above, help or what is wrong below.

import { Eye, EyeOff } from "lucide-react";
import { type ReactNode, type Ref, useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { FieldError } from "react-aria-components/FieldError";
import { Group } from "react-aria-components/Group";
import { Input } from "react-aria-components/Input";
import { Label as AriaLabel } from "react-aria-components/Label";
import {
  NumberField as AriaNumberField,
  type NumberFieldProps as AriaNumberFieldProps,
} from "react-aria-components/NumberField";
import { Text } from "react-aria-components/Text";
import { TextArea } from "react-aria-components/TextArea";
import { TextField as AriaTextField, type TextFieldProps as AriaTextFieldProps } from "react-aria-components/TextField";
import { useTranslation } from "react-i18next";

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

/** A password being typed; the eye shows it for as long as it is being typed. */
export function PasswordField({ label, help, problem, className = "", placeholder, ref, ...rest }: TextFieldProps) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  return (
    <AriaTextField
      {...rest}
      type={shown ? "text" : "password"}
      isInvalid={problem !== undefined}
      className={`flex min-w-0 flex-col gap-1 ${className}`}
    >
      <Label>{label}</Label>
      <Group className="relative outline-none">
        <Input ref={ref} placeholder={placeholder} className={`${INPUT} pr-10`} />
        <AriaButton
          aria-label={shown ? t("hide_password") : t("show_password")}
          onPress={() => setShown(!shown)}
          className="absolute inset-y-0 right-0 flex w-9 items-center justify-center rounded-control text-ink-3 data-[hovered]:text-ink"
        >
          {shown ? <EyeOff size={16} /> : <Eye size={16} />}
        </AriaButton>
      </Group>
      <Below help={help} problem={problem} />
    </AriaTextField>
  );
}

export interface NumberFieldProps extends Omit<AriaNumberFieldProps, "className" | "style" | "children" | "isInvalid"> {
  label: ReactNode;
  help?: ReactNode;
  problem?: string;
  className?: string;
  placeholder?: string;
}

export function NumberField({ label, help, problem, className = "", placeholder, ...rest }: NumberFieldProps) {
  return (
    <AriaNumberField
      formatOptions={{ useGrouping: false }}
      {...rest}
      isInvalid={problem !== undefined}
      className={`flex min-w-0 flex-col gap-1 ${className}`}
    >
      <Label>{label}</Label>
      <Input placeholder={placeholder} className={INPUT} />
      <Below help={help} problem={problem} />
    </AriaNumberField>
  );
}
