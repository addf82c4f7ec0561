import { Link } from "@tanstack/react-router";
import type { Schema } from "@/api/client";
import { useTranslation } from "@/lib/i18n";

/** What the server noted, and the executions that belong to this one. */
export function NotesTab({ execution }: { execution: Schema["ExecutionView"] }) {
  const { t } = useTranslation("executions");
  const { notes, replays, replay_of } = execution;
  if (notes.length === 0 && replays.length === 0 && !replay_of) return <p className="text-ink-2">{t("notes.none")}</p>;
  return (
    <div className="flex flex-col gap-4">
      {notes.length > 0 && (
        <ul className="flex list-disc flex-col gap-1.5 pl-5">
          {notes.map((note) => (
            <li key={note} className="break-words" dir="auto">
              {note}
            </li>
          ))}
        </ul>
      )}
      {replay_of && <Family title={t("header.replay_of")} ids={[replay_of]} />}
      {replays.length > 0 && <Family title={t("header.replays", { count: replays.length })} ids={replays} />}
    </div>
  );
}

function Family({ title, ids }: { title: string; ids: string[] }) {
  return (
    <section>
      <h2 className="pb-1 text-meta font-medium text-ink-3">{title}</h2>
      <ul className="flex flex-col gap-1">
        {ids.map((id) => (
          <li key={id}>
            <Link to="/executions/$id" params={{ id }} className="code text-accent underline">
              {id}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
