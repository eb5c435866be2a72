// Bundle the page to one classic script: modules do not load from file://.
import { build } from "esbuild";

const folder = process.argv[2] ?? "../polyconcept/explorer/bundle";
await build({
  entryPoints: { explorer: "src/main.tsx" },
  outdir: folder,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "inline",
});
await build({ entryPoints: ["src/explorer.css"], outdir: folder, minify: true });
