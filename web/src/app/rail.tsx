import { Link } from "@tanstack/react-router";
import { PanelLeft, Search } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Account } from "@/features/account/account";
import { useTranslation } from "@/lib/i18n";
import { IconButton } from "@/ui/button";
import { Mark } from "@/ui/mark";
import { Tooltip } from "@/ui/tooltip";
import { COMMAND_KEY } from "./command-key";
import { foldRail, useFrame } from "./frame";
import { PLACES } from "./places";

const ROW = "flex h-9 items-center gap-2.5 rounded-control px-2.5 text-control text-ink-2 touch:h-11";

/** The places to go. On phones, a bar at the foot. */
export function Rail() {
  const { t } = useTranslation();
  const { t: shell } = useTranslation("shell");
  const folded = useFrame((frame) => frame.folded);
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
          keys="["
          onPress={foldRail}
          className={folded ? "-mx-2" : "-mr-2"}
        >
          <PanelLeft size={18} aria-hidden />
        </IconButton>
      </div>
      {PLACES.map(({ to, word, icon }) => (
        <Named key={to} when={folded} text={t(`nav.${word}`)}>
          <Link
            to={to}
            className={`${ROW} hover:bg-hover hover:text-ink max-narrow:h-12 max-narrow:flex-col max-narrow:justify-center max-narrow:gap-0.5 max-narrow:text-meta`}
            activeProps={{ className: "bg-accent-soft !text-accent font-medium" }}
          >
            {icon}
            <span className={folded ? "sr-only max-narrow:not-sr-only" : ""}>{t(`nav.${word}`)}</span>
          </Link>
        </Named>
      ))}
      <div className="mt-auto flex flex-col gap-1 max-narrow:hidden">
        <Named when={folded} text={`${shell("palette.open")} (${COMMAND_KEY}+K)`}>
          <AriaButton
            aria-label={folded ? shell("palette.open") : undefined}
            onPress={() => useFrame.setState({ palette: true })}
            className={`${ROW} data-[hovered]:bg-hover data-[hovered]:text-ink`}
          >
            <Search size={18} aria-hidden className="shrink-0" />
            {!folded && (
              <>
                <span className="min-w-0 flex-1 truncate text-left">{shell("palette.open")}</span>
                {/* Drawn, so that it is no part of the button's name. */}
                <kbd
                  data-text={`${COMMAND_KEY}+K`}
                  className="font-sans text-meta text-ink-3 after:content-[attr(data-text)]"
                />
              </>
            )}
          </AriaButton>
        </Named>
        <Account folded={folded} onHelp={() => useFrame.setState({ help: true })} />
      </div>
    </nav>
  );
}

function Named({ when, text, children }: { when: boolean; text: string; children: ReactNode }) {
  return when ? <Tooltip text={text}>{children as ReactElement}</Tooltip> : children;
}
