import { base } from "@/api/client";

/** The page to show after logging in, as the address asks for it; only pages of ours. */
export function returnTo(asked: string | undefined): string {
  const home = `${base}workflows`;
  if (!asked?.startsWith(base)) return home;
  try {
    // Read as the browser would: `/\elsewhere` and `/..//elsewhere` begin like paths and lead to other hosts.
    const { origin, pathname, search, hash } = new URL(asked, location.origin);
    return origin === location.origin && pathname.startsWith(base) && !pathname.startsWith("//")
      ? pathname + search + hash
      : home;
  } catch {
    return home;
  }
}
