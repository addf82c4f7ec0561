import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "@/lib/i18n";
import { lettersOn } from "@/lib/shortcuts";
import { Dialog } from "@/ui/dialog";
import { Note } from "@/ui/feedback";
import { TextField } from "@/ui/field";
import { SHORTCUTS } from "./shortcuts";

/** Every key with what it does, to be searched by either. */
export function ShortcutsHelp({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("shell");
  const [wanted, setWanted] = useState("");
  const word = wanted.trim().toLocaleLowerCase();
  const scopes = SHORTCUTS.map(({ scope, rows }) => ({
    scope,
    rows: rows
      .map(({ does, keys }) => ({ text: t(`keys.does.${does}`), keys }))
      .filter(({ text, keys }) => `${text} ${keys.join(" ")}`.toLocaleLowerCase().includes(word)),
  })).filter(({ rows }) => rows.length > 0);
  return (
    <Dialog isOpen onClose={onClose} title={t("keys.title")} width="wide">
      <div className="flex flex-col gap-4">
        <TextField label={t("keys.search")} type="search" autoFocus value={wanted} onChange={setWanted} />
        {!lettersOn() && (
          <Note>
            {t("keys.letters_off")}{" "}
            <Link to="/settings/$part" params={{ part: "profile" }} onClick={onClose} className="text-accent underline">
              {t("keys.letters_where")}
            </Link>
          </Note>
        )}
        <div role="status" className={scopes.length === 0 ? "text-body text-ink-2" : "sr-only"}>
          {scopes.length === 0 && t("keys.nothing")}
        </div>
        <div className="columns-2 gap-8 max-narrow:columns-1">
          {scopes.map(({ scope, rows }) => (
            <section key={scope} className="mb-5 break-inside-avoid">
              <h3 className="mb-1 text-control font-semibold">{t(`keys.scope.${scope}`)}</h3>
              <dl>
                {rows.map(({ text, keys }) => (
                  <div key={text} className="flex items-baseline justify-between gap-4 border-b border-line py-1.5">
                    <dt className="min-w-0 text-body break-words text-ink-2">{text}</dt>
                    <dd className="flex shrink-0 flex-wrap justify-end gap-1">
                      {keys.map((key) => (
                        <kbd
                          key={key}
                          className="rounded-control border border-line bg-sunken px-1.5 text-meta text-ink"
                        >
                          {key}
                        </kbd>
                      ))}
                    </dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
      </div>
    </Dialog>
  );
}
