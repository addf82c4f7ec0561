import { existsSync, readFileSync } from "node:fs";
import locales from "@react-aria/optimize-locales-plugin";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// For `npm run dev`: where the server's admin listener is, and a token, as its data folder has it once it has started.
const admin = process.env.HOOKFLOW_URL ?? "http://127.0.0.1:13001";
const tokenFile = `${process.env.HOOKFLOW_DATA ?? ""}/admin.token`;
const token = process.env.HOOKFLOW_DATA && existsSync(tokenFile) ? readFileSync(tokenFile, "utf8").trim() : "";
const proxied = {
  target: admin,
  changeOrigin: true,
  headers: token ? { authorization: `Bearer ${token}` } : undefined,
};

/** The page's own links start with what the server puts in place of `__BASE__`: the page may be asked for at any depth. */
const pageBase: Plugin = {
  name: "page-base",
  apply: "build",
  transformIndexHtml: { order: "post", handler: (html) => html.replaceAll('"./', '"__BASE__') },
};

export default defineConfig(({ command }) => ({
  // Without the words of 30 languages that the pages do not speak.
  plugins: [locales.vite({ locales: ["en-US", "uk-UA"] }), react(), tailwindcss(), pageBase],
  // Assets are found beside each other; the page itself is told by the server where it stands (`__BASE__`).
  base: command === "build" ? "./" : "/",
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  html: { cspNonce: "__NONCE__" },
  server: { proxy: { "/api": proxied, "/metrics": proxied, "/healthz": proxied, "/readyz": proxied } },
  build: {
    target: "es2023",
    sourcemap: false,
    // Small files stay files: a `data:` URL is not what the page's policy allows for fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      output: {
        // What every page needs in one piece: a few files compress better than fifty, and are fetched sooner.
        advancedChunks: {
          groups: [
            {
              name: "base",
              test: /node_modules\/(react|react-dom|scheduler|@tanstack\/(?!react-virtual|virtual)[^/]+|zustand|openapi-fetch)\//,
            },
          ],
        },
      },
    },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
}));
