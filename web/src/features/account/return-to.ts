import { base } from "@/api/client";

/** The page to show after logging in, as the address asks for it; only pages of ours. */
export function returnTo(asked: string | undefined): string {
  const home = `${base}workflows`;
  if (!asked?.startsWith(base)) return home;
  try {
    const url = new URL(asked, location.origin);
    // `//elsewhere` and `/\elsewhere` begin like paths and lead to other hosts.
    return url.origin === location.origin && !/^[/\\]{2}/.test(asked) ? url.pathname + url.search + url.hash : home;
  } catch {
    return home;
  }
}
