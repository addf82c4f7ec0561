// The parts of a menu. Pages take them from ./menu, which loads them when the first menu opens.

import { Check } from "lucide-react";
import { type ReactElement, type ReactNode, useEffect, useState } from "react";
import { Header } from "react-aria-components/Header";
import { Keyboard } from "react-aria-components/Keyboard";
import { Menu as AriaMenu, MenuItem as AriaMenuItem, MenuSection, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { Separator } from "react-aria-components/Separator";
import { Text } from "react-aria-components/Text";
import { OPTION, POPOVER } from "./overlay-looks";

export interface MenuProps {
  /** A button. */
  trigger: ReactElement;
  children: ReactNode;
  label?: string;
}

/** What can be done with something. With `opens` it opens as soon as it is there. */
export function Menu({ trigger, children, label, opens = false }: MenuProps & { opens?: boolean }) {
  const [isOpen, setOpen] = useState(false);
  // After the button has the focus, so that it goes back there.
  useEffect(() => setOpen(opens), [opens]);
  return (
    <MenuTrigger isOpen={isOpen} onOpenChange={setOpen}>
      {trigger}
      <Popover offset={4} placement="bottom end" className={`${POPOVER} min-w-52`}>
        <AriaMenu aria-label={label} className="p-1 outline-none">
          {children}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}

export function MenuItem({
  id,
  onAction,
  children,
  icon,
  keys,
  detail,
  danger,
  isDisabled,
  href,
}: {
  id: string;
  onAction?: () => void;
  children: string;
  icon?: ReactNode;
  keys?: string;
  /** A second line. */
  detail?: string;
  danger?: boolean;
  isDisabled?: boolean;
  href?: string;
}) {
  return (
    <AriaMenuItem
      id={id}
      onAction={onAction}
      textValue={children}
      isDisabled={isDisabled}
      href={href}
      className={`${OPTION} ${danger ? "text-failed" : ""}`}
    >
      {icon && <span className="shrink-0 text-ink-3">{icon}</span>}
      <span className="flex min-w-0 flex-1 flex-col">
        {detail ? (
          // Without slots: both lines are its name, as they are seen.
          <>
            <span>{children}</span>
            <span className="text-meta text-ink-3">{detail}</span>
          </>
        ) : (
          <Text slot="label">{children}</Text>
        )}
      </span>
      {/* Drawn, not written: it describes the item, and is no part of its name. */}
      {keys && (
        <Keyboard data-keys={keys} className="ml-4 font-sans text-meta text-ink-3 after:content-[attr(data-keys)]" />
      )}
    </AriaMenuItem>
  );
}

export function MenuSeparator() {
  return <Separator className="my-1 border-t border-line" />;
}

/** One of a few, inside a menu: its title above, a check at the chosen one. */
export function MenuChoice<Id extends string>({
  title,
  value,
  onChange,
  options,
}: {
  title: string;
  value: Id;
  onChange: (value: Id) => void;
  options: { id: Id; label: string; icon?: ReactNode }[];
}) {
  return (
    <MenuSection
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[value]}
      onSelectionChange={(keys) => {
        const [first] = keys;
        if (first !== undefined) onChange(first as Id);
      }}
    >
      <Header className="px-2 pt-1.5 pb-0.5 text-meta text-ink-3">{title}</Header>
      {options.map(({ id, label, icon }) => (
        <AriaMenuItem key={id} id={id} textValue={label} className={OPTION}>
          {icon && <span className="shrink-0 text-ink-3">{icon}</span>}
          <Text slot="label" className="flex-1">
            {label}
          </Text>
          <Check size={14} aria-hidden className="invisible text-accent group-data-[selected]:visible" />
        </AriaMenuItem>
      ))}
    </MenuSection>
  );
}
