import { type Dispatch, type SetStateAction, useEffect } from "react";
import { isTyping, lettersOn } from "@/lib/shortcuts";

/** L turns live updates on and off. */
export function useLiveKey(setLive: Dispatch<SetStateAction<boolean>>) {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.altKey || event.ctrlKey || event.metaKey || !lettersOn() || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"], [role="alertdialog"], [role="listbox"], [role="menu"]')) return;
      if (event.key.toLowerCase() === "l") setLive((before) => !before);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [setLive]);
}
