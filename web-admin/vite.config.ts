import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The server that `npm run dev` works with; `make up` starts one. */
const server = process.env.PINFOLD_URL ?? "http://127.0.0.1:8080";
const behind = { target: server, headers: { origin: server }, changeOrigin: true };

export default defineConfig({
  base: "/console/",
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  server: {
    proxy: { "/v1": behind, "/2fa": behind, "/simulator": behind, "/docs": behind },
  },
  build: {
    outDir: "dist/console",
    emptyOutDir: true,
    target: "es2023",
    // Styles and scripts are files: the policy allows no inline ones.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  test: {
    environment: "jsdom",
    include: ["tests/**/*.test.{ts,tsx}"],
    setupFiles: ["tests/setup.ts"],
    testTimeout: 30_000,
  },
});
