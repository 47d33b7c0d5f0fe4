import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where the development server finds the console's HTTP API. */
const API = 'http://127.0.0.1:8090';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  // The server replaces the placeholder by a nonce of its own in each response, and names it in the Content-Security-Policy.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    outDir: '../dist/page',
    emptyOutDir: true,
    // Browsers that know light-dark(): written for older ones it would not follow the theme that was chosen.
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // A small file inlined as a data: address would need a wider policy.
    assetsInlineLimit: 0,
    manifest: true,
    reportCompressedSize: false,
  },
  server: { host: '127.0.0.1', proxy: { '/api': API } },
});
