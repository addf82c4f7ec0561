import { useState } from "react";
import { api, got } from "@/api/client";
import { useFeed } from "@/api/feed";
import type { Request } from "@/api/live";
import { useTranslation } from "@/lib/i18n";
import { useMedia } from "@/lib/media";
import { Button } from "@/ui/button";
import { FeedList } from "@/ui/feed/feed-list";
import { FreshPill } from "@/ui/feed/pill";
import { useScrolled } from "@/ui/feed/use-pause";
import { Empty, ErrorNote, Loading } from "@/ui/feedback";
import { asked, fits, type RequestFilter } from "./filter";
import { RequestRow } from "./row";

const PAGE = 100;
const WIDE = "(min-width: 1080px)";

export function Rows({ filter, isLive, onClear }: { filter: RequestFilter; isLive: boolean; onClear: () => void }) {
  const { t } = useTranslation("requests");
  const isWide = useMedia(WIDE);
  const [scroller, setScroller] = useState<HTMLElement | null>(null);
  const [hovered, setHovered] = useState(false);
  const scrolled = useScrolled(scroller);
  const feed = useFeed<Request>({
    queryKey: ["requests", "list", filter],
    read: (cursor, signal) =>
      got(
        api.GET("/api/v1/requests", {
          params: { query: { ...asked(filter, Date.now()), limit: PAGE, cursor } },
          signal,
        }),
      ),
    event: "request",
    fits: (item) => fits(filter, item),
    isPaused: !isLive || scrolled || hovered,
  });
  if (feed.isLoading) return <Loading lines={8} />;
  if (feed.error && feed.items.length === 0) return <ErrorNote error={feed.error} onRetry={feed.again} />;
  if (feed.items.length === 0 && !feed.isMore) {
    const isFiltered = Object.keys(filter).length > 0;
    return (
      <Empty
        title={isFiltered ? t("nothing.no_match") : t("nothing.yet")}
        action={isFiltered && <Button onPress={onClear}>{t("nothing.clear")}</Button>}
      >
        <p>{isFiltered ? t("nothing.no_match_text") : t("nothing.yet_text")}</p>
        <p role="status" className="mt-4 flex items-center justify-center gap-2 text-ink-2">
          <span aria-hidden className="size-2 animate-pulse rounded-full bg-succeeded" />
          {t("nothing.listening")}
        </p>
      </Empty>
    );
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
      <p className="meta flex h-9 items-center border-b border-line px-2">
        {t("list.shown", { count: feed.items.length })}
      </p>
      <FeedList
        label={t("title")}
        items={feed.items}
        rowHeight={isWide ? 40 : 60}
        row={(item, { tabIndex }) => <RequestRow item={item} tabIndex={tabIndex} isWide={isWide} />}
        isNew={feed.isNew}
        isMore={feed.isMore}
        onEnd={feed.readMore}
        onScroller={setScroller}
        onHover={setHovered}
      />
      <p role="status" className="meta py-3 text-center">
        {feed.isReadingMore ? t("list.reading") : feed.isMore ? "" : t("list.retention")}
      </p>
    </div>
  );
}
