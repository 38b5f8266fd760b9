import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig } from "vite";

/** Leaves each file beside itself as .br and .gz: compressed once, as well as it goes, not at every request. */
const precompressed = {
  name: "precompressed",
  // The server of a developer closes too.
  apply: "build",
  closeBundle() {
    const dist = join(import.meta.dirname, "dist");
    for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const bytes = readFileSync(path);
      writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
      writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
    }
  },
};

export default defineConfig({
  // The policy allows no inline code, and every browser that has it loads modules ahead by itself.
  build: { target: "es2022", modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  plugins: [precompressed],
  server: { proxy: { "/api": process.env.IOT_URL ?? "http://127.0.0.1:7071" } },
});
