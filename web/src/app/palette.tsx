import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { Keyboard as KeyboardIcon, Settings2, Workflow } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Autocomplete } from "react-aria-components/Autocomplete";
import { Dialog } from "react-aria-components/Dialog";
import { Header } from "react-aria-components/Header";
import { Input } from "react-aria-components/Input";
import { Menu, MenuItem, MenuSection } from "react-aria-components/Menu";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { SearchField } from "react-aria-components/SearchField";
import { useMay } from "@/api/may";
import { workflowsQuery } from "@/api/queries";
import { partsFor } from "@/features/settings/parts";
import { useTranslation } from "@/lib/i18n";
import { chooseTheme, THEMES } from "@/lib/theme";
import { OPTION } from "@/ui/overlay-looks";
import { THEME_ICONS } from "@/ui/theme-icons";
import { useFrame } from "./frame";
import { PLACES } from "./places";

interface Command {
  id: string;
  label: string;
  icon: ReactNode;
  keys?: string;
  detail?: string;
  run: () => void;
}

/** How many workflows are offered at once; typing finds the others. */
const WORKFLOWS_SHOWN = 8;

/** Everything there is to go to, found by typing some of its letters. */
export function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("shell");
  const { t: common } = useTranslation();
  const { t: account } = useTranslation("account");
  const { t: settings } = useTranslation("settings");
  const { navigate } = useRouter();
  const isAdmin = useMay("admin");
  const { data: workflows = [] } = useQuery(workflowsQuery);
  const [wanted, setWanted] = useState("");
  const has = (text: string) =>
    wanted
      .toLocaleLowerCase()
      .split(/\s+/)
      .every((word) => text.toLocaleLowerCase().includes(word));

  const places: Command[] = PLACES.map(({ to, word, key, icon }) => ({
    id: to,
    label: common(`nav.${word}`),
    icon,
    keys: `G ${key.toUpperCase()}`,
    run: () => navigate({ to }),
  }));
  const flows: Command[] = workflows
    .filter(({ title, key }) => has(title) || (wanted !== "" && key === wanted.trim()))
    .slice(0, WORKFLOWS_SHOWN)
    .map(({ key, title }) => ({
      id: `workflow ${key}`,
      label: title,
      icon: <Workflow size={16} />,
      detail: key,
      run: () => navigate({ to: "/workflows/$key", params: { key } }),
    }));
  const parts: Command[] = partsFor(isAdmin).map((part) => ({
    id: `settings ${part}`,
    label: `${common("nav.settings")}: ${settings(`parts.${part}`)}`,
    icon: <Settings2 size={16} />,
    run: () => navigate({ to: "/settings/$part", params: { part } }),
  }));
  const looks: Command[] = [
    ...THEMES.map((theme) => ({
      id: `theme ${theme}`,
      label: `${account("theme.label")}: ${account(`theme.${theme}`)}`,
      icon: THEME_ICONS[theme],
      run: () => chooseTheme(theme),
    })),
    {
      id: "keys",
      label: account("menu.keys"),
      icon: <KeyboardIcon size={16} />,
      keys: "?",
      run: () => useFrame.setState({ help: true }),
    },
  ];
  // Before anything is typed, where people go most.
  const isAsking = wanted.trim() !== "";
  const sections = [
    { id: "places", commands: places.filter(({ label }) => has(label)) },
    { id: "workflows", commands: flows },
    { id: "settings", commands: isAsking ? parts.filter(({ label }) => has(label)) : [] },
    { id: "view", commands: isAsking ? looks.filter(({ label }) => has(label)) : [] },
  ] as const;
  const all = sections.flatMap(({ commands }) => commands);

  return (
    <ModalOverlay
      isOpen
      isDismissable
      onOpenChange={(open) => !open && onClose()}
      className="fixed inset-0 z-40 flex items-start justify-center overflow-auto bg-scrim p-4 pt-[10vh] max-narrow:p-2"
    >
      <Modal className="w-full max-w-[560px] overflow-hidden rounded-card border border-line bg-surface shadow-overlay outline-none">
        <Dialog aria-label={t("palette.open")} className="flex flex-col outline-none">
          <Autocomplete inputValue={wanted} onInputChange={setWanted}>
            <SearchField aria-label={t("palette.label")} autoFocus className="shrink-0 border-b border-line">
              <Input
                placeholder={t("palette.placeholder")}
                className="h-12 w-full bg-transparent px-4 text-card text-ink outline-none placeholder:text-ink-3 [&::-webkit-search-cancel-button]:hidden"
              />
            </SearchField>
            <Menu
              aria-label={t("palette.found")}
              className="p-1.5 outline-none"
              onAction={(id) => {
                onClose();
                all.find((command) => command.id === id)?.run();
              }}
              renderEmptyState={() => (
                <p className="px-3 py-6 text-center text-body text-ink-2">{t("palette.nothing")}</p>
              )}
            >
              {sections
                .filter(({ commands }) => commands.length > 0)
                .map(({ id, commands }) => (
                  <MenuSection key={id} id={id}>
                    <Header className="px-2 pt-2 pb-0.5 text-meta text-ink-3">{t(`palette.section.${id}`)}</Header>
                    {commands.map((command) => (
                      <MenuItem key={command.id} id={command.id} textValue={command.label} className={OPTION}>
                        <span className="flex size-5 shrink-0 items-center justify-center text-ink-3" aria-hidden>
                          {command.icon}
                        </span>
                        <span dir="auto" className="min-w-0 flex-1 truncate">
                          {command.label}
                        </span>
                        {command.detail && <span className="code truncate text-ink-3">{command.detail}</span>}
                        {command.keys && <kbd className="font-sans text-meta text-ink-3">{command.keys}</kbd>}
                      </MenuItem>
                    ))}
                  </MenuSection>
                ))}
            </Menu>
          </Autocomplete>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
