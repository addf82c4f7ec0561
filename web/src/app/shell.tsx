// What stands around every page: the rail with the places to go, what is wrong with the connection, messages.

import { Link, Outlet } from "@tanstack/react-router";
import { Inbox, ListChecks, PanelLeft, Settings, Workflow } from "lucide-react";
import { type ReactNode, useState } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { useTranslation } from "react-i18next";
import { useLiveState } from "@/api/live";
import { Account } from "@/features/account/account";
import { Session } from "@/features/account/session";
import { IconButton } from "@/ui/button";
import { Mark } from "@/ui/mark";
import { Toasts } from "@/ui/toast";
import { Tooltip } from "@/ui/tooltip";
import { useInvalidation } from "./invalidation";

const PLACES = [
  { to: "/workflows", word: "workflows", icon: <Workflow size={18} aria-hidden /> },
  { to: "/executions", word: "executions", icon: <ListChecks size={18} aria-hidden /> },
  { to: "/requests", word: "requests", icon: <Inbox size={18} aria-hidden /> },
  { to: "/settings", word: "settings", icon: <Settings size={18} aria-hidden /> },
] as const;

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
        <Toasts />
      </Session>
    </I18nProvider>
  );
}

/** Keeps what was read in step with what happens, for whoever is signed in. */
function Feed() {
  useInvalidation();
  return null;
}

const FOLDED = "hookflow.rail";

function Rail() {
  const { t } = useTranslation();
  const [folded, setFolded] = useState(() => localStorage.getItem(FOLDED) === "folded");
  const fold = () => {
    setFolded(!folded);
    localStorage.setItem(FOLDED, folded ? "" : "folded");
  };
  return (
    <nav
      aria-label={t("nav.label")}
      className={`flex shrink-0 flex-col gap-1 border-r border-line bg-bg p-2 max-narrow:w-full max-narrow:flex-row max-narrow:justify-around max-narrow:border-t max-narrow:border-r-0 max-narrow:p-1 ${folded ? "w-14" : "w-50"}`}
    >
      <div className="flex h-10 items-center justify-between gap-2 px-2 max-narrow:hidden">
        {!folded && (
          <Link to="/workflows" className="flex items-center gap-2 text-card font-semibold">
            <Mark />
            Hookflow
          </Link>
        )}
        <IconButton
          label={folded ? t("nav.unfold") : t("nav.fold")}
          onPress={fold}
          className={folded ? "-mx-2" : "-mr-2"}
        >
          <PanelLeft size={18} aria-hidden />
        </IconButton>
      </div>
      {PLACES.map(({ to, word, icon }) => (
        <Named key={to} when={folded} text={t(`nav.${word}`)}>
          <Link
            to={to}
            className="flex h-9 items-center gap-2.5 rounded-control px-2.5 text-control text-ink-2 hover:bg-hover hover:text-ink touch:h-11 max-narrow:h-12 max-narrow:flex-col max-narrow:justify-center max-narrow:gap-0.5 max-narrow:text-meta"
            activeProps={{ className: "bg-accent-soft !text-accent font-medium" }}
          >
            {icon}
            <span className={folded ? "sr-only max-narrow:not-sr-only" : ""}>{t(`nav.${word}`)}</span>
          </Link>
        </Named>
      ))}
      <div className="mt-auto max-narrow:mt-0">
        <Account folded={folded} />
      </div>
    </nav>
  );
}

function Named({ when, text, children }: { when: boolean; text: string; children: ReactNode }) {
  return when ? <Tooltip text={text}>{children as React.ReactElement}</Tooltip> : children;
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
