import type { ReactNode } from "react";
import { Input } from "react-aria-components/Input";
import {
  NumberField as AriaNumberField,
  type NumberFieldProps as AriaNumberFieldProps,
} from "react-aria-components/NumberField";
import { Below, INPUT, Label } from "./field";

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
