import { lazy, Suspense, useMemo, useState } from "react";
import { type Content, jsonOf, sizeOf } from "@/lib/content";
import { download } from "@/lib/download";
import { bytes } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { Button } from "../button";
import { CopyButton } from "../copy";
import { Loading } from "../feedback";
import { Segments } from "./segments";

const JsonTree = lazy(() => import("../json/json-tree").then(({ JsonTree }) => ({ default: JsonTree })));

/** How much of a long text is drawn at first. */
const TEXT_SHOWN = 65_536;

/** A body as a tree if it is JSON, as its text, or as base 64 if it is not text. */
export function Body({
  content,
  label,
  root,
  begins = "tree",
}: {
  content: Content;
  label: string;
  /** What paths in it begin with, as `trigger.body`. */
  root?: string;
  /** How it is shown first, if it is JSON. */
  begins?: "tree" | "text";
}) {
  const { t } = useTranslation("inspect");
  const value = useMemo(() => jsonOf(content.body), [content.body]);
  const isTree = typeof value === "object" && value !== null;
  const [view, setView] = useState(begins);
  const size = sizeOf(content);
  if (size === 0) return <p className="text-ink-3">{t("http.empty_body")}</p>;
  const text = content.body ?? content.body_base64 ?? "";
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        {isTree && (
          <Segments
            label={label}
            value={view}
            onChange={setView}
            options={[
              { id: "tree", label: t("http.tree") },
              { id: "text", label: t("http.text") },
            ]}
          />
        )}
        <span className="meta">
          {bytes(size)}
          {content.body === null && ` · ${t("http.base64")}`}
        </span>
        <span className="ml-auto flex">
          <CopyButton text={text} label={t("http.copy_body")} />
        </span>
      </div>
      {isTree && view === "tree" ? (
        <Suspense fallback={<Loading lines={4} />}>
          <JsonTree value={value} label={label} root={root} />
        </Suspense>
      ) : (
        <Text text={text} label={label} />
      )}
    </div>
  );
}

/** Exactly these characters. */
export function Text({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation("inspect");
  const [all, setAll] = useState(false);
  const isCut = !all && text.length > TEXT_SHOWN;
  return (
    <>
      <section
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
        tabIndex={0}
        className="max-h-105 min-w-0 overflow-auto rounded-control border border-line bg-sunken p-3"
      >
        <pre dir="auto" className="code break-all whitespace-pre-wrap">
          {isCut ? text.slice(0, TEXT_SHOWN) : text}
        </pre>
      </section>
      {isCut && (
        <div className="flex gap-2">
          <Button onPress={() => setAll(true)}>{t("http.show_all", { size: bytes(text.length) })}</Button>
          <Button onPress={() => download("body.txt", text, "text/plain")}>{t("http.download")}</Button>
        </div>
      )}
    </>
  );
}
