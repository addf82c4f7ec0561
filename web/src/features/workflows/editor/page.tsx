// The editor of one workflow: what its parts are and where they stand.

import { useSuspenseQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Suspense, useEffect, useMemo, useRef, useState } from "react";
import { workflowQuery } from "@/api/queries";
import { copy } from "@/lib/clipboard";
import { useTranslation } from "@/lib/i18n";
import { NARROW, useMedia } from "@/lib/media";
import { loadCode } from "@/ui/code/code";
import { Loading } from "@/ui/feedback";
import { later } from "@/ui/later";
import { useTitle } from "@/ui/page";
import { loadToasts, say } from "@/ui/toast";
import { useActs } from "./canvas/acts";
import { Canvas, type CanvasControls } from "./canvas/canvas";
import { Drawer } from "./drawer/drawer";
import { loadPanels } from "./drawer/panels";
import { EditorHeader } from "./header/header";
import { useOpenedAt } from "./opened-at";
import { ConflictDialog } from "./saving/conflict-dialog";
import { useSession } from "./saving/session";
import { useEditorKeys } from "./shortcuts";
import { EditorContext, useEditor } from "./store";

// What talks to the server anyway is loaded when it is asked for.
const PublishSheet = later(async () => (await import("./publish/sheet")).PublishSheet);
const RevisionsSheet = later(async () => (await import("./revisions/sheet")).RevisionsSheet);
const TestPanel = later(async () => (await import("./test/test-panel")).TestPanel);

const FIRST_MOVES = ["pointermove", "pointerdown", "keydown", "focusin"] as const;

export function EditorPage() {
  const { key } = useParams({ from: "/shell/workflows/$key" });
  return (
    <Suspense fallback={<Opening />}>
      <Opened key={key} of={key} />
    </Suspense>
  );
}

function Opening() {
  return (
    <main id="main" tabIndex={-1} className="p-6">
      <Loading lines={6} />
    </main>
  );
}

function Opened({ of }: { of: string }) {
  useSuspenseQuery(workflowQuery(of));
  // An author goes on without a network, so what drawers and messages need is there before it goes: from the first
  // move on, and not before, so that the canvas is there sooner.
  useEffect(() => {
    const load = () => {
      stop();
      Promise.all([loadPanels(), loadCode(), loadToasts()]).catch(() => undefined);
    };
    const stop = () => {
      for (const name of FIRST_MOVES) removeEventListener(name, load);
    };
    for (const name of FIRST_MOVES) addEventListener(name, load);
    return stop;
  }, []);
  const session = useSession(of);
  return (
    <EditorContext.Provider value={session.store}>
      <Editor of={of} />
    </EditorContext.Provider>
  );
}

function Editor({ of }: { of: string }) {
  const { t } = useTranslation(["editor", "common"]);
  const { data: workflow } = useSuspenseQuery(workflowQuery(of));
  useTitle(workflow.title);
  const narrow = useMedia(NARROW);
  const [wantsOutline, setWantsOutline] = useState<boolean | null>(null);
  const [testing, setTesting] = useState(false);
  const [sheet, setSheet] = useState<"publish" | "revisions" | null>(null);
  const controls = useRef<CanvasControls | null>(null);
  const acts = useActs();
  const covered = useEditor((editor) => editor.selected !== null) && narrow;
  const { url } = workflow;
  const keys = useMemo(
    () => ({
      test: () => setTesting((now) => !now),
      publish: () => setSheet("publish"),
      copyUrl: async () => say((await copy(url)) ? t("common:copied") : t("common:copy_failed", { text: url })),
      saved: () => say(t("saving.already")),
    }),
    [url, t],
  );
  useEditorKeys(keys, controls);
  useOpenedAt();
  return (
    <main id="main" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
      <EditorHeader
        workflow={workflow}
        isTesting={testing}
        onTest={keys.test}
        onPublish={keys.publish}
        onRevisions={() => setSheet("revisions")}
      />
      <Banner />
      <ConflictDialog />
      <div className="flex min-h-0 flex-1">
        <div inert={covered} className="flex min-h-0 min-w-0 flex-1">
          <Canvas acts={acts} outline={wantsOutline ?? narrow} onOutline={setWantsOutline} controls={controls} />
        </div>
        <Drawer acts={acts} />
      </div>
      {testing && (
        <section
          aria-label={t("test")}
          data-region="test"
          className="max-h-[50%] shrink-0 overflow-auto border-t border-line bg-surface max-narrow:fixed max-narrow:inset-0 max-narrow:z-30 max-narrow:max-h-none"
        >
          <Suspense fallback={<Loading />}>
            <TestPanel onClose={() => setTesting(false)} />
          </Suspense>
        </section>
      )}
      {acts.overlays}
      <Suspense fallback={null}>
        {sheet === "publish" && <PublishSheet onClose={() => setSheet(null)} />}
        {sheet === "revisions" && <RevisionsSheet onClose={() => setSheet(null)} />}
      </Suspense>
    </main>
  );
}

/** What keeps edits from the server, while it does. */
function Banner() {
  const { t } = useTranslation("editor");
  const { state, detail } = useEditor((editor) => editor.saving);
  const flush = useEditor((editor) => editor.flush);
  if (state !== "offline" && state !== "refused" && state !== "gone") return null;
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-3 border-b border-line bg-sunken px-4 py-1.5 text-body text-timed-out"
    >
      <span className="min-w-0 flex-1 break-words">
        {t(`banner.${state}`)} {detail}
      </span>
      {state !== "gone" && (
        <button type="button" className="underline underline-offset-2 touch:min-h-11" onClick={() => void flush()}>
          {t("banner.again")}
        </button>
      )}
    </div>
  );
}
