import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components/Button";
import { Tooltip } from "./tooltip";

type Look = "primary" | "plain" | "quiet" | "danger";

const BASE =
  "inline-flex h-8 shrink-0 items-center justify-center gap-1.5 rounded-control text-control whitespace-nowrap transition-colors duration-100 touch:h-11 " +
  "data-[disabled]:opacity-45 aria-disabled:opacity-45 data-[pending]:opacity-60 select-none";

const LOOKS: Record<Look, string> = {
  primary: "bg-accent text-accent-ink font-medium data-[hovered]:brightness-110 data-[pressed]:brightness-95",
  plain: "border border-line bg-surface text-ink data-[hovered]:border-line-strong data-[pressed]:bg-sunken",
  quiet: "text-ink-2 data-[hovered]:bg-hover data-[hovered]:text-ink data-[pressed]:bg-hover",
  danger: "border border-line bg-surface text-failed data-[hovered]:border-failed",
};

export interface ButtonProps extends Omit<AriaButtonProps, "className" | "style" | "children"> {
  look?: Look;
  /** Before the words. */
  icon?: ReactNode;
  children: ReactNode;
  className?: string;
}

/** A button with words on it. */
export function Button({ look = "plain", icon, children, className = "", ...rest }: ButtonProps) {
  return (
    <AriaButton {...rest} className={`${BASE} px-3 ${LOOKS[look]} ${className}`}>
      {icon}
      {children}
    </AriaButton>
  );
}

export interface IconButtonProps extends Omit<AriaButtonProps, "className" | "style" | "children"> {
  /** What it does: its name for screen readers, and its tooltip. */
  label: string;
  /** Shown in the tooltip, as in `Ctrl+Z`. */
  keys?: string;
  children: ReactNode;
  className?: string;
  look?: Look;
}

/** A square button with a picture on it; its words are in the tooltip. */
export function IconButton({ label, keys, children, className = "", look = "quiet", ...rest }: IconButtonProps) {
  return (
    <Tooltip text={keys ? `${label} (${keys})` : label}>
      <AriaButton {...rest} aria-label={label} className={`${BASE} w-8 touch:w-11 ${LOOKS[look]} ${className}`}>
        {children}
      </AriaButton>
    </Tooltip>
  );
}
