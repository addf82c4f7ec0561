// Failures that nobody has seen, in front of the page's title, where another tab shows it.

import { useEffect } from "react";
import { type Execution, listen } from "@/api/live";

const isBad = ({ status }: Execution) => status === "failed" || status === "error" || status === "timed_out";

/** Counts while the window is not looked at; looking takes the count away. */
export function useUnread(isOfTheList: (item: Execution) => boolean) {
  useEffect(() => {
    const bad = new Set<string>();
    const show = () => {
      const plain = document.title.replace(/^\(\d+\) /, "");
      document.title = bad.size > 0 ? `(${bad.size}) ${plain}` : plain;
    };
    const look = () => {
      if (document.visibilityState !== "visible") return;
      bad.clear();
      show();
    };
    const stop = listen({
      execution: (item) => {
        if (document.visibilityState === "visible" || !isBad(item) || !isOfTheList(item)) return;
        bad.add(item.id);
        show();
      },
    });
    document.addEventListener("visibilitychange", look);
    return () => {
      stop();
      document.removeEventListener("visibilitychange", look);
      bad.clear();
      show();
    };
  }, [isOfTheList]);
}
