import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { ApiError, onSignedOut } from "@/api/client";
import { useLiveState } from "@/api/live";
import { meQuery } from "@/api/queries";
import { ErrorNote } from "@/ui/feedback";
import { setupQuery } from "./queries";

const LogInAgain = lazy(async () => ({ default: (await import("./log-in-again")).LogInAgain }));

/** Lets in who is signed in; asks for the password again over the page when the session ends. */
export function Session({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const me = useQuery(meQuery);
  const isOut = me.error instanceof ApiError && me.error.status === 401;
  const hasEnded = isOut && me.data !== undefined;

  useEffect(() => {
    const ask = () => queries.invalidateQueries({ queryKey: meQuery.queryKey });
    const stopSignedOut = onSignedOut(ask);
    // The feed ends with the session too, also while nobody does anything.
    const stopLive = useLiveState.subscribe((live, before) => {
      if (live.state === "lost" && before.state !== "lost") ask();
    });
    return () => {
      stopSignedOut();
      stopLive();
    };
  }, [queries]);

  // Whoever logs in again in another window is signed in here too.
  useEffect(() => {
    if (!hasEnded) return;
    const look = () =>
      document.visibilityState === "visible" && queries.invalidateQueries({ queryKey: meQuery.queryKey });
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [hasEnded, queries]);

  if (me.data === undefined) {
    if (isOut) return <ToTheDoor />;
    return me.error ? (
      <main className="mx-auto w-full max-w-lg p-6">
        <ErrorNote error={me.error} onRetry={() => me.refetch()} />
      </main>
    ) : null;
  }
  return (
    <>
      {children}
      <Suspense fallback={null}>{hasEnded && <LogInAgain user={me.data.user} />}</Suspense>
    </>
  );
}

/** To set-up on a server without users, else to the login, which leads back here. */
function ToTheDoor() {
  const router = useRouter();
  const setup = useQuery(setupQuery);
  // Not the address as it is later: on the way to the login it is the login's.
  const [wanted] = useState(() => router.state.location.publicHref);
  const { isPending } = setup;
  const isNeeded = setup.data?.needed === true;
  useEffect(() => {
    if (isPending) return;
    if (isNeeded) router.navigate({ to: "/setup", replace: true });
    else router.navigate({ to: "/login", search: { to: wanted }, replace: true });
  }, [isPending, isNeeded, wanted, router]);
  return null;
}
