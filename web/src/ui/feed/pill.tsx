import { ArrowUp } from "lucide-react";
import { Button as AriaButton } from "react-aria-components/Button";
import { useTranslation } from "@/lib/i18n";

/** How many new ones wait above, while somebody reads, points or selects. */
export function FreshPill({ count, onPress }: { count: number; onPress: () => void }) {
  const { t } = useTranslation("inspect");
  return (
    <div role="status" className="pointer-events-none sticky top-3 z-10 flex h-0 justify-center overflow-visible">
      {count > 0 && (
        <AriaButton
          onPress={onPress}
          className="pointer-events-auto flex h-8 items-center gap-1.5 rounded-full bg-accent px-3 text-control font-medium text-accent-ink shadow-overlay touch:h-11"
        >
          <ArrowUp size={14} aria-hidden />
          {t("feed.fresh", { count })}
        </AriaButton>
      )}
    </div>
  );
}
