import { defineConfig } from 'vite';

// One hashed script, one hashed style sheet, one page: what embed.mjs puts into the binary.
export default defineConfig({
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    target: 'es2022',
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rollupOptions: { output: { inlineDynamicImports: true } },
  },
  // `npm run dev` against a running node or weir_web_demo.
  server: { proxy: { '/v1': { target: process.env.WEIR_URL ?? 'http://127.0.0.1:8081', ws: true } } },
});
