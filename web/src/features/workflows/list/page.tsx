import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Plus, Upload } from "lucide-react";
import { Suspense, useEffect, useRef, useState } from "react";
import type { Schema } from "@/api/client";
import { useMay } from "@/api/may";
import { workflowsQuery } from "@/api/queries";
import type { TemplateName } from "@/flow/templates";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/feedback";
import { later } from "@/ui/later";
import { Page } from "@/ui/page";
import { Chosen } from "./chosen";
import { useFigures } from "./figures";
import { isFiltered, matching, tagsOf, type WorkflowFilter } from "./filter";
import { Filters } from "./filters";
import { FirstSteps } from "./first-steps";
import { isLetter } from "./letters";
import { WorkflowRow } from "./row";
import { useRowKeys } from "./row-keys";
import { useSwitching } from "./switching";
import { WorkflowTable } from "./table";

type Item = Schema["WorkflowItem"];

// What is asked now and then comes when it is asked.
const CreateDialog = later(async () => (await import("../create/create-dialog")).CreateDialog);
const DeleteDialog = later(async () => (await import("./delete-dialog")).DeleteDialog);
const ImportDialog = later(async () => (await import("./import-dialog")).ImportDialog);
const PublishFirst = later(async () => (await import("./publish-first")).PublishFirst);

/** What is asked about, over the list. */
type Asking =
  | { what: "create"; template: TemplateName }
  | { what: "import" }
  | { what: "delete"; item: Item }
  | { what: "publish"; item: Item };

export function WorkflowsPage() {
  const { t } = useTranslation("workflows");
  const { data: items } = useSuspenseQuery(workflowsQuery);
  const filter = useSearch({ from: "/shell/workflows" });
  const navigate = useNavigate({ from: "/workflows" });
  const figures = useFigures();
  const turn = useSwitching();
  const mayAuthor = useMay("author");
  const [asking, setAsking] = useState<Asking | null>(null);
  const [chosenKeys, setChosenKeys] = useState<ReadonlySet<string>>(new Set());
  const search = useRef<HTMLInputElement>(null);
  const rows = matching(items, filter);
  const chosen = rows.filter(({ key }) => chosenKeys.has(key));

  const choose = (key: string) =>
    setChosenKeys((before) => new Set(before.has(key) ? [...before].filter((each) => each !== key) : [...before, key]));
  const setFilter = (change: WorkflowFilter) =>
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const onSwitch = (item: Item, enabled: boolean) => {
    if (enabled && item.revision === null) setAsking({ what: "publish", item });
    else turn([item], enabled);
  };
  useRowKeys(choose);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!isLetter(event)) return;
      if (event.key === "/") search.current?.focus();
      else if (event.code === "KeyN" && mayAuthor) setAsking({ what: "create", template: "answering" });
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [mayAuthor]);

  return (
    <Page
      title={t("title")}
      actions={
        mayAuthor && (
          <>
            <Button icon={<Upload size={16} aria-hidden />} onPress={() => setAsking({ what: "import" })}>
              {t("import.open")}
            </Button>
            <Button
              look="primary"
              icon={<Plus size={16} aria-hidden />}
              aria-keyshortcuts="n"
              onPress={() => setAsking({ what: "create", template: "answering" })}
            >
              {t("new")}
            </Button>
          </>
        )
      }
    >
      {items.length === 0 && !mayAuthor ? (
        <Empty title={t("first.title")}>{t("first.look_only")}</Empty>
      ) : items.length === 0 ? (
        <FirstSteps
          onTemplate={(template) => setAsking({ what: "create", template })}
          onImport={() => setAsking({ what: "import" })}
        />
      ) : (
        <>
          {chosen.length === 0 ? (
            <Filters filter={filter} onChange={setFilter} tags={tagsOf(items)} search={search} />
          ) : (
            <Chosen
              items={chosen}
              onTurn={(enabled) => turn(chosen, enabled)}
              onDone={() => setChosenKeys(new Set())}
            />
          )}
          {rows.length > 0 && (
            <WorkflowTable
              all={chosen.length === 0 ? false : chosen.length === rows.length ? true : "some"}
              onAll={(all) => setChosenKeys(new Set(all ? rows.map(({ key }) => key) : []))}
            >
              {rows.map((item) => (
                <WorkflowRow
                  key={item.key}
                  item={item}
                  figures={figures.get(item.id)}
                  isChosen={chosenKeys.has(item.key)}
                  onChoose={() => choose(item.key)}
                  onSwitch={(enabled) => onSwitch(item, enabled)}
                  onDelete={() => setAsking({ what: "delete", item })}
                />
              ))}
            </WorkflowTable>
          )}
          {rows.length === 0 && isFiltered(filter) && (
            <Empty
              title={t("no_match.title")}
              action={<Button onPress={() => navigate({ search: {}, replace: true })}>{t("no_match.clear")}</Button>}
            >
              {filter.q ? t("no_match.search", { text: filter.q }) : t("no_match.filter")}
            </Empty>
          )}
        </>
      )}
      <Suspense fallback={null}>
        {asking?.what === "create" && <CreateDialog template={asking.template} onClose={() => setAsking(null)} />}
        {asking?.what === "import" && <ImportDialog known={items} onClose={() => setAsking(null)} />}
        {asking?.what === "delete" && <DeleteDialog item={asking.item} onClose={() => setAsking(null)} />}
        {asking?.what === "publish" && <PublishFirst item={asking.item} onClose={() => setAsking(null)} />}
      </Suspense>
    </Page>
  );
}
