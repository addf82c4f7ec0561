// A list of what happens, newest first: read page by page as far as somebody scrolls, kept up by the live feed.
// Nothing is asked again and again; after a gap the app reads it anew (app/invalidation).

import { type QueryKey, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { merged, type Page, type Told, timeOf } from "@/lib/merge";
import { type Heard, listen } from "./live";

/** How many changes are remembered beside what was read; with more, the list is read again. */
const TOLD_MAX = 2_000;

interface Listed {
  id: string;
}

export interface FeedOptions<T extends Listed> {
  queryKey: QueryKey;
  read: (
    cursor: string | undefined,
    signal: AbortSignal,
  ) => Promise<{ items: T[]; next_cursor?: string | null | undefined }>;
  /** What the live feed calls it. */
  event: "execution" | "request";
  /** Whether something that is told belongs into the list; `unsure`: only the server can say. */
  fits: (item: T) => boolean | "unsure";
  /** Chooses between what was told and what was read of the same. */
  pick?: (told: T, read: T) => T;
  /** New ones wait outside. */
  isPaused: boolean;
}

export interface Feed<T> {
  items: T[];
  /** How many new ones wait outside. */
  fresh: number;
  /** Lets them in. */
  show: () => void;
  /** Ids that were heard of in the last second, for those who move in. */
  isNew: (id: string) => boolean;
  isLoading: boolean;
  error: unknown;
  isMore: boolean;
  isReadingMore: boolean;
  readMore: () => void;
  again: () => void;
}

export function useFeed<T extends Listed>({ queryKey, read, event, fits, pick, isPaused }: FeedOptions<T>): Feed<T> {
  const queries = useQueryClient();
  const query = useInfiniteQuery({
    queryKey,
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }): Promise<Page<T>> => {
      const askedAt = performance.now();
      const { items, next_cursor } = await read(pageParam, signal);
      return { items, next_cursor: next_cursor ?? null, askedAt };
    },
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    // What happened while the page was elsewhere was not heard.
    refetchOnMount: "always",
  });

  const told = useRef(new Map<string, Told<T>>());
  const [version, setVersion] = useState(0);
  const key = JSON.stringify(queryKey);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list remembers nothing of this one
  useEffect(() => {
    told.current = new Map();
  }, [key]);

  const now = useRef({ fits, queryKey, isPaused });
  useEffect(() => {
    now.current = { fits, queryKey, isPaused };
  });
  useEffect(() => {
    let drawing = 0;
    let asking: ReturnType<typeof setTimeout> | undefined;
    const again = () => {
      asking ??= setTimeout(() => {
        asking = undefined;
        queries.invalidateQueries({ queryKey: now.current.queryKey });
      }, 400);
    };
    const stop = listen({
      [event]: (heard: Heard[typeof event]) => {
        const item = heard as unknown as T;
        if (now.current.fits(item) === "unsure") return again();
        told.current.delete(item.id);
        told.current.set(item.id, { item, at: performance.now() });
        if (told.current.size > TOLD_MAX && !now.current.isPaused) {
          forget(told.current);
          again();
        }
        drawing ||= requestAnimationFrame(() => {
          drawing = 0;
          setVersion((before) => before + 1);
        });
      },
    });
    return () => {
      stop();
      cancelAnimationFrame(drawing);
      clearTimeout(asking);
    };
  }, [event, queries]);

  const pages = query.data?.pages;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` stands for what is in `told`, `key` for `fits`
  const all = useMemo(
    () => merged(pages ?? [], told.current, (item) => fits(item) === true, pick),
    [pages, version, key],
  );

  // While paused, what is newer than the newest row at that time waits.
  const [ceiling, setCeiling] = useState<string | null>(null);
  const newest = all[0] ? timeOf(all[0].id) : null;
  if (isPaused && ceiling === null && newest !== null) setCeiling(newest);
  if (!isPaused && ceiling !== null) setCeiling(null);
  const top = isPaused ? ceiling : null;
  const items = useMemo(() => (top === null ? all : all.filter((item) => timeOf(item.id) <= top)), [all, top]);

  const { fetchNextPage, hasNextPage, isFetching, refetch } = query;
  return {
    items,
    fresh: all.length - items.length,
    show: useCallback(() => setCeiling(newest), [newest]),
    isNew: (id) => performance.now() - (told.current.get(id)?.at ?? Number.NEGATIVE_INFINITY) < 1_000,
    isLoading: query.isPending,
    error: query.error,
    isMore: hasNextPage,
    isReadingMore: query.isFetchingNextPage,
    readMore: useCallback(() => {
      if (hasNextPage && !isFetching) fetchNextPage();
    }, [fetchNextPage, hasNextPage, isFetching]),
    again: () => refetch(),
  };
}

/** The older half: what was read since then knows better. */
function forget(told: Map<string, unknown>) {
  for (const id of [...told.keys()].slice(0, TOLD_MAX / 2)) told.delete(id);
}
