import { bytes } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";

/** An answer exactly as it went out. */
export function AnswerShown({
  status,
  headers,
  body,
  bodyBase64,
  took,
}: {
  status: number;
  headers: readonly (readonly string[])[];
  body: string | null;
  bodyBase64: string | null;
  /** As text; nothing where it is not known. */
  took?: string;
}) {
  const { t } = useTranslation("trigger");
  const fine = status < 400;
  return (
    <section aria-label={t("test.answer")} className="flex flex-col gap-2">
      <p className="flex flex-wrap items-baseline gap-2">
        <span className={`text-card font-semibold ${fine ? "text-succeeded" : "text-failed"}`}>{status}</span>
        {took && <span className="text-ink-2">{took}</span>}
        <span className="text-ink-3">{bytes(size(body, bodyBase64))}</span>
      </p>
      <details>
        <summary className="w-fit text-meta text-ink-2">{t("test.answer_headers", { count: headers.length })}</summary>
        <dl className="code mt-1 grid grid-cols-[auto_1fr] gap-x-3">
          {headers.map(([name, value], index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: headers can be repeated, and do not move
            <div key={index} className="contents">
              <dt className="text-ink-3">{name}</dt>
              <dd className="min-w-0 break-all">{value}</dd>
            </div>
          ))}
        </dl>
      </details>
      {body === "" || (body === null && bodyBase64 === null) ? (
        <p className="text-ink-3">{t("test.answer_empty")}</p>
      ) : (
        <pre
          dir="auto"
          className="code max-h-64 overflow-auto rounded-control bg-sunken p-3 break-words whitespace-pre-wrap"
        >
          {body ?? bodyBase64}
        </pre>
      )}
    </section>
  );
}

function size(body: string | null, base64: string | null): number {
  if (body !== null) return new TextEncoder().encode(body).length;
  return base64 === null ? 0 : atob(base64).length;
}
