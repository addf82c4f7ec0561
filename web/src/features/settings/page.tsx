import { Link, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef } from "react";
import { useMay } from "@/api/may";
import { useTranslation } from "@/lib/i18n";
import { Empty, Loading, Note } from "@/ui/feedback";
import { Page } from "@/ui/page";
import { isPart, type Part, partsFor } from "./parts";

const CONTENT: Record<Part, ReturnType<typeof lazy>> = {
  profile: lazy(() => import("./profile/profile").then((part) => ({ default: part.Profile }))),
  users: lazy(() => import("./users/users").then((part) => ({ default: part.Users }))),
  tokens: lazy(() => import("./tokens/tokens").then((part) => ({ default: part.Tokens }))),
  secrets: lazy(() => import("./secrets/secrets").then((part) => ({ default: part.Secrets }))),
  server: lazy(() => import("./server/server").then((part) => ({ default: part.Server }))),
  about: lazy(() => import("./about").then((part) => ({ default: part.About }))),
};

export function SettingsPage() {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const { part } = useParams({ from: "/shell/settings/$part" });
  const isAdmin = useMay("admin");
  const parts = partsFor(isAdmin);
  const list = useRef<HTMLElement>(null);
  // On phones the list is a strip that may be longer than the screen.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the current link is another one when the part is
  useEffect(() => {
    list.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [part]);
  const Content = isPart(part) && parts.includes(part) ? CONTENT[part] : undefined;
  return (
    <Page title={isPart(part) ? t(`parts.${part}`) : common("nav.settings")}>
      <div className="flex min-w-0 items-start gap-8 max-wide:flex-col max-wide:gap-4">
        <nav
          ref={list}
          aria-label={t("parts.label")}
          className="flex w-44 shrink-0 flex-col gap-0.5 max-wide:w-full max-wide:flex-row max-wide:overflow-x-auto max-wide:border-b max-wide:border-line max-wide:pb-2"
        >
          {parts.map((each) => (
            <Link
              key={each}
              to="/settings/$part"
              params={{ part: each }}
              className="flex h-8 shrink-0 items-center rounded-control px-2.5 text-control whitespace-nowrap text-ink-2 hover:bg-hover hover:text-ink touch:h-11"
              activeProps={{ className: "bg-accent-soft !text-accent font-medium" }}
            >
              {t(`parts.${each}`)}
            </Link>
          ))}
        </nav>
        <div className="flex w-full min-w-0 flex-1 flex-col gap-4">
          {Content ? (
            <Suspense fallback={<Loading />}>
              <Content />
            </Suspense>
          ) : isPart(part) ? (
            <Note tone="warning">{t("for_admins")}</Note>
          ) : (
            <Empty title={common("not_found.title")}>{common("not_found.text")}</Empty>
          )}
        </div>
      </div>
    </Page>
  );
}
