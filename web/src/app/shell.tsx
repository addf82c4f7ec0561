// What stands around every page: the rail with the places to go, what is wrong with the connection, messages.

import { Outlet } from "@tanstack/react-router";
import { useEffect } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { useLiveState } from "@/api/live";
import { Session } from "@/features/account/session";
import { useTranslation } from "@/lib/i18n";
import { loadToasts, Toasts } from "@/ui/toast";
import { useInvalidation } from "./invalidation";
import { Keys } from "./keys";
import { Rail } from "./rail";

export function Shell() {
  const { t, i18n } = useTranslation();
  return (
    <I18nProvider locale={i18n.language}>
      <Session>
        <div className="flex h-dvh min-h-0 bg-bg max-narrow:flex-col-reverse">
          <a
            href="#main"
            className="fixed top-2 left-2 z-50 -translate-y-16 rounded-control bg-accent px-3 py-1.5 text-control text-accent-ink focus:translate-y-0"
          >
            {t("skip_to_content")}
          </a>
          <Rail />
          <div className="flex min-h-0 min-w-0 flex-1 flex-col overflow-auto">
            <Connection />
            <Outlet />
          </div>
        </div>
        <Feed />
        <Keys />
        <Toasts />
      </Session>
    </I18nProvider>
  );
}

/** Keeps what was read in step with what happens, for whoever is signed in. */
function Feed() {
  useInvalidation();
  // Once somebody does something there will be something to say, perhaps that the network is gone.
  useEffect(() => {
    const load = () => loadToasts().catch(() => undefined);
    const names = ["pointerdown", "keydown"] as const;
    for (const name of names) addEventListener(name, load, { once: true });
    return () => {
      for (const name of names) removeEventListener(name, load);
    };
  }, []);
  return null;
}

/** Says when live updates are cut. A short cut is nobody's business. */
function Connection() {
  const { t } = useTranslation();
  const state = useLiveState((live) => live.state);
  return (
    <div role="status">
      {state === "lost" && (
        <p className="border-b border-line bg-sunken px-6 py-1.5 text-body text-timed-out max-narrow:px-4">
          {t("live.lost")}
        </p>
      )}
    </div>
  );
}
