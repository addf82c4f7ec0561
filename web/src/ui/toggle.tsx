import { Check, Minus } from "lucide-react";
import type { ReactNode } from "react";
import { Checkbox as AriaCheckbox, type CheckboxProps as AriaCheckboxProps } from "react-aria-components/Checkbox";
import { Switch as AriaSwitch, type SwitchProps as AriaSwitchProps } from "react-aria-components/Switch";

/** On or off, at once. Without `children` it needs an `aria-label`. */
export function Switch({
  children,
  ...rest
}: Omit<AriaSwitchProps, "className" | "style" | "children"> & { children?: ReactNode }) {
  return (
    <AriaSwitch {...rest} className="group inline-flex min-h-8 items-center gap-2 text-control touch:min-h-11">
      <span className="relative h-[18px] w-8 shrink-0 rounded-full border border-line-strong bg-sunken transition-colors duration-100 group-data-[selected]:border-accent group-data-[selected]:bg-accent group-data-[disabled]:opacity-45 group-data-[focus-visible]:outline-2 group-data-[focus-visible]:outline-offset-2 group-data-[focus-visible]:outline-accent">
        <span className="absolute top-[2px] left-[2px] size-3 rounded-full bg-line-strong transition-transform duration-100 group-data-[selected]:translate-x-[14px] group-data-[selected]:bg-accent-ink" />
      </span>
      {children}
    </AriaSwitch>
  );
}

export function Checkbox({
  children,
  ...rest
}: Omit<AriaCheckboxProps, "className" | "style" | "children"> & { children?: ReactNode }) {
  return (
    <AriaCheckbox {...rest} className="group inline-flex min-h-8 items-center gap-2 text-control touch:min-h-11">
      {({ isIndeterminate }) => (
        <>
          <span className="flex size-4 shrink-0 items-center justify-center rounded-[4px] border border-line-strong bg-surface text-accent-ink group-data-[selected]:border-accent group-data-[selected]:bg-accent group-data-[indeterminate]:border-accent group-data-[indeterminate]:bg-accent group-data-[focus-visible]:outline-2 group-data-[focus-visible]:outline-offset-2 group-data-[focus-visible]:outline-accent">
            {isIndeterminate ? (
              <Minus size={12} strokeWidth={3} aria-hidden />
            ) : (
              <Check size={12} strokeWidth={3} aria-hidden className="invisible group-data-[selected]:visible" />
            )}
          </span>
          {children}
        </>
      )}
    </AriaCheckbox>
  );
}
