// What this browser remembers of whoever uses it: the language and the theme.

import { ToggleButton } from "react-aria-components/ToggleButton";
import { ToggleButtonGroup } from "react-aria-components/ToggleButtonGroup";
import { chooseLanguage, LANGUAGES, type Language, useTranslation } from "@/lib/i18n";
import { chooseTheme, THEMES, type Theme, useTheme } from "@/lib/theme";
import { Label } from "./field";
import { PlainSelect } from "./plain-select";
import { THEME_ICONS } from "./theme-icons";

export function LanguageSelect({ hideLabel, className }: { hideLabel?: boolean; className?: string }) {
  const { t, i18n } = useTranslation("account");
  return (
    <PlainSelect
      label={t("language")}
      hideLabel={hideLabel}
      className={className}
      value={i18n.language as Language}
      onChange={chooseLanguage}
      options={(Object.keys(LANGUAGES) as Language[]).map((id) => ({ id, label: LANGUAGES[id] }))}
    />
  );
}

/** Three buttons of which one is on; `compact` shows pictures only, with words for screen readers. */
export function ThemeSwitch({ compact }: { compact?: boolean }) {
  const { t } = useTranslation("account");
  const chosen = useTheme();
  return (
    <div className="flex flex-col gap-1">
      {!compact && <Label>{t("theme.label")}</Label>}
      <ToggleButtonGroup
        aria-label={t("theme.label")}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[chosen]}
        onSelectionChange={(keys) => {
          const [first] = keys;
          if (first) chooseTheme(first as Theme);
        }}
        className="flex w-fit gap-0.5 rounded-control border border-line bg-surface p-[1px]"
      >
        {THEMES.map((each) => (
          <ToggleButton
            key={each}
            id={each}
            aria-label={t(`theme.${each}`)}
            className="flex h-7 min-w-8 items-center justify-center gap-1.5 rounded-control px-2 text-control text-ink-2 data-[hovered]:bg-hover data-[selected]:bg-accent-soft data-[selected]:text-accent touch:h-10 touch:min-w-11"
          >
            {THEME_ICONS[each]}
            {!compact && <span>{t(`theme.${each}`)}</span>}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
    </div>
  );
}
