import { useCallback, useEffect, useMemo, useState } from "react";
import type { Execution } from "@/api/live";
import { useMay } from "@/api/may";
import { useTranslation } from "@/lib/i18n";
import { useMedia } from "@/lib/media";
import { FeedList, type RowState } from "@/ui/feed/feed-list";
import { FreshPill } from "@/ui/feed/pill";
import { useScrolled } from "@/ui/feed/use-pause";
import { ErrorNote, Loading } from "@/ui/feedback";
import { Checkbox } from "@/ui/toggle";
import { ReplayDialog } from "../detail/replay-dialog";
import { type ExecutionFilter, fits } from "../filter";
import { useExecutions } from "./feed";
import { useMended } from "./mended";
import { Nothing } from "./nothing";
import { ExecutionRow } from "./row";
import { useSelection } from "./selection";
import { SelectionBar } from "./selection-bar";
import { useUnread } from "./unread";

/** Wide enough for a row on one line, beside the menu. */
const WIDE = "(min-width: 1080px)";

export function Rows({ filter, isLive, onClear }: { filter: ExecutionFilter; isLive: boolean; onClear: () => void }) {
  const { t } = useTranslation("executions");
  const mayOperate = useMay("operate");
  const isWide = useMedia(WIDE);
  const [scroller, setScroller] = useState<HTMLElement | null>(null);
  const [hovered, setHovered] = useState(false);
  const [selecting, setSelecting] = useState(false);
  const scrolled = useScrolled(scroller);
  const feed = useExecutions(filter, !isLive || scrolled || hovered || selecting);
  const selection = useSelection(feed.items);
  useEffect(() => setSelecting(selection.ids.size > 0), [selection.ids]);
  const selected = useMemo(() => feed.items.filter(({ id }) => selection.ids.has(id)), [feed.items, selection.ids]);
  const mended = useMended(filter, feed.items);
  const [replaying, setReplaying] = useState<Execution | null>(null);
  useUnread(useCallback((item: Execution) => fits(filter, item) !== false, [filter]));
  const row = (item: Execution, { isActive, tabIndex }: RowState) => (
    <ExecutionRow
      item={item}
      isActive={isActive}
      tabIndex={tabIndex}
      isWide={isWide}
      isSelected={selection.ids.has(item.id)}
      isMended={mended.has(item.id)}
      onReplay={mayOperate ? setReplaying : undefined}
      onSelect={selection.toggle}
    />
  );
  if (feed.isLoading) return <Loading lines={8} />;
  if (feed.error && feed.items.length === 0) return <ErrorNote error={feed.error} onRetry={feed.again} />;
  if (feed.items.length === 0 && !feed.isMore) {
    return <Nothing isFiltered={Object.keys(filter).length > 0} workflow={filter.workflow} onClear={onClear} />;
  }
  return (
    <div className="flex flex-col">
      {feed.error ? <ErrorNote error={feed.error} onRetry={feed.again} /> : null}
      <FreshPill
        count={feed.fresh}
        onPress={() => {
          feed.show();
          scroller?.scrollTo({ top: 0 });
        }}
      />
      <div className="sticky top-0 z-2 flex h-9 items-center gap-3 border-b border-line bg-bg px-2 text-meta text-ink-3">
        <Checkbox
          aria-label={t("selection.all")}
          isSelected={selected.length > 0 && selected.length === feed.items.length}
          isIndeterminate={selected.length > 0 && selected.length < feed.items.length}
          onChange={(all) => (all ? selection.all() : selection.clear())}
        />
        <span>{t("list.shown", { count: feed.items.length })}</span>
        {feed.isMore && <span>{t("list.more_below")}</span>}
      </div>
      <FeedList
        label={t("title")}
        items={feed.items}
        rowHeight={isWide ? 40 : 60}
        row={row}
        isNew={feed.isNew}
        isMore={feed.isMore}
        onEnd={feed.readMore}
        onScroller={setScroller}
        onHover={setHovered}
        onKey={(key, item, event) => {
          if (key === "x") selection.toggle(item.id, event.shiftKey);
          else if (key === "r" && mayOperate) setReplaying(item);
        }}
      />
      <p role="status" className="meta py-3 text-center">
        {feed.isReadingMore ? t("list.reading") : feed.isMore ? "" : t("list.retention")}
      </p>
      <SelectionBar items={selected} onClear={selection.clear} />
      {replaying && <ReplayDialog execution={replaying} onClose={() => setReplaying(null)} />}
    </div>
  );
}
