// Keys that work on every page. What a page's own keys are stands with that page.

import { useRouter } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { withAllWords } from "@/lib/i18n";
import { isCommand } from "@/lib/shortcuts";
import { isMac } from "./command-key";
import { foldRail, useFrame } from "./frame";
import { PLACES } from "./places";

const Palette = lazy(() => withAllWords(import("./palette")).then((module) => ({ default: module.Palette })));
const ShortcutsHelp = lazy(() => import("./shortcuts-help").then((module) => ({ default: module.ShortcutsHelp })));

/** How long after G its second letter is waited for. */
const SECOND_LETTER_MS = 1_200;

/** The keys, and what they open. */
export function Keys() {
  const router = useRouter();
  const { palette, help } = useFrame();
  useEffect(() => {
    let wentAt = Number.NEGATIVE_INFINITY;
    const press = (event: KeyboardEvent) => {
      const isPalette = event.key.toLowerCase() === "k" && (isMac ? event.metaKey : event.ctrlKey);
      if (isPalette && !event.altKey && !event.shiftKey) {
        event.preventDefault();
        event.stopPropagation();
        useFrame.setState({ palette: true, help: false });
        return;
      }
      if (event.repeat || !isCommand(event)) return;
      const letter = latin(event);
      const place = event.timeStamp - wentAt < SECOND_LETTER_MS ? PLACES.find(({ key }) => key === letter) : undefined;
      wentAt = Number.NEGATIVE_INFINITY;
      if (place) router.navigate({ to: place.to });
      else if (letter === "g" && !event.shiftKey) wentAt = event.timeStamp;
      else if (event.key === "?") useFrame.setState({ help: true });
      else if (letter === "[") foldRail();
      else if (event.key === "/" && focusSearch()) wentAt = Number.NEGATIVE_INFINITY;
      else return;
      // Before the page's own keys: the second letter after G is not theirs.
      event.preventDefault();
      event.stopPropagation();
    };
    window.addEventListener("keydown", press, { capture: true });
    return () => window.removeEventListener("keydown", press, { capture: true });
  }, [router]);
  return (
    <Suspense>
      {palette && <Palette onClose={() => useFrame.setState({ palette: false })} />}
      {help && <ShortcutsHelp onClose={() => useFrame.setState({ help: false })} />}
    </Suspense>
  );
}

/** Whether the page has something to search in. */
function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>("main input[type=search]");
  field?.focus();
  return field !== null;
}

/** What the key says; where it writes another script, what stands there on a Latin keyboard. */
function latin(event: KeyboardEvent): string {
  if (!/\p{L}/u.test(event.key) || /^[a-z]$/i.test(event.key)) return event.key.toLowerCase();
  if (event.code === "BracketLeft" && /\p{Script=Cyrillic}/u.test(event.key)) return "[";
  return event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.key;
}
