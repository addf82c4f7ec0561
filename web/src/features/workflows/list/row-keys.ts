import { useEffect } from "react";
import { isLetter } from "./letters";

/** The link in a row that keys move to; its value is the workflow's key. */
export const ROW_LINK = "data-row";

/** J and K go to the next and the previous row, X chooses the row where the focus is. Enter opens, as links do. */
export function useRowKeys(choose: (key: string) => void) {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!isLetter(event)) return;
      const links = [...document.querySelectorAll<HTMLElement>(`[${ROW_LINK}]`)];
      const row = document.activeElement?.closest("tr")?.querySelector<HTMLElement>(`[${ROW_LINK}]`);
      const at = row ? links.indexOf(row) : -1;
      if (event.code === "KeyJ") links[Math.min(at + 1, links.length - 1)]?.focus();
      else if (event.code === "KeyK") links[Math.max(at - 1, 0)]?.focus();
      else if (event.code === "KeyX" && row) choose(row.getAttribute(ROW_LINK) ?? "");
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [choose]);
}
