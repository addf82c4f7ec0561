// What was just done, at the corner, with a way back. Read out, never the only place that says it.

import { lazy, Suspense, useSyncExternalStore } from "react";

export interface Said {
  text: string;
  action?: { label: string; run: () => void };
  tone?: "error";
}

/** What was said before there was anything to say it with. */
const waiting: Said[] = [];
let speak: ((said: Said) => void) | undefined;
let isWanted = false;
const watching = new Set<() => void>();

/** Says it for some seconds; with something to press, for longer. */
export function say(text: string, more: Omit<Said, "text"> = {}): void {
  const said = { text, ...more };
  if (speak) speak(said);
  else waiting.push(said);
  if (isWanted) return;
  isWanted = true;
  for (const changed of watching) changed();
}

/** From now on messages go to `speaker`, those that wait first. Returns how to stop. */
export function takeOver(speaker: (said: Said) => void): () => void {
  speak = speaker;
  for (const said of waiting.splice(0)) speaker(said);
  return () => {
    speak = undefined;
  };
}

/** Pages that may lose the network load it beforehand, so that there is something to say so with. */
export const loadToasts = () => import("./toasts-region");
const ToastsRegion = lazy<() => React.ReactNode>(() => loadToasts().catch(() => ({ default: () => null })));

/** Where messages appear, from the first one on. */
export function Toasts() {
  const wanted = useSyncExternalStore(
    (changed) => {
      watching.add(changed);
      return () => watching.delete(changed);
    },
    () => isWanted,
  );
  return wanted ? (
    <Suspense fallback={null}>
      <ToastsRegion />
    </Suspense>
  ) : null;
}
