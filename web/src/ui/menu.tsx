// Menus, loaded when the first one is opened: the first page is light without them.

import { type ComponentProps, cloneElement, type ReactElement, useState } from "react";
import type * as Parts from "./menu-parts";

let parts: typeof Parts | undefined;

/** What every button of ours takes. */
type Trigger = ReactElement<{ "aria-haspopup"?: "menu"; onPress?: () => void; autoFocus?: boolean }>;

/** What can be done with something. `trigger` is a button. */
export function Menu({ trigger, ...rest }: Parts.MenuProps) {
  const [state, setState] = useState<"away" | "opening" | "there">(parts ? "there" : "away");
  if (state === "away" || !parts) {
    const open = async () => {
      parts ??= await import("./menu-parts");
      setState("opening");
    };
    return cloneElement(trigger as Trigger, { "aria-haspopup": "menu", onPress: open });
  }
  const opens = state === "opening";
  return (
    <parts.Menu
      {...rest}
      opens={opens}
      trigger={opens ? cloneElement(trigger as Trigger, { autoFocus: true }) : trigger}
    />
  );
}

// Inside a menu, so the parts are there.
export const MenuItem = (props: ComponentProps<typeof Parts.MenuItem>) => parts && <parts.MenuItem {...props} />;
export const MenuSeparator = () => parts && <parts.MenuSeparator />;
export const MenuChoice = <Id extends string>(props: ComponentProps<typeof Parts.MenuChoice<Id>>) =>
  parts && <parts.MenuChoice {...props} />;
