import { api, base } from "./client";

/** Ends the session on the server; the page starts afresh, so that nothing of it stays in memory. */
export async function logOut(): Promise<void> {
  await api.POST("/api/v1/logout");
  location.assign(`${base}login`);
}
