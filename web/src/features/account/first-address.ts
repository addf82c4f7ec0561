/**
 * The public address to offer at set-up, from how the page was reached: what stands in front of the pages often stands in
 * front of webhooks too. Empty on this machine itself, where the server knows better.
 */
export function firstAddress(page: { protocol: string; hostname: string; port: string }): string {
  const isLocal = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(page.hostname);
  if (isLocal) return "";
  // A port of its own is that of the pages; webhooks come in at another.
  if (page.port) return `${page.protocol}//${page.hostname}:13000`;
  return `${page.protocol}//${page.hostname}`;
}
