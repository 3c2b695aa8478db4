// Builds the two web apps, console and portal (scripts/build-console.ts says where to).
import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import type { InlineConfig } from 'vite';

const root = import.meta.dirname;

const config: InlineConfig = {
  root,
  configFile: false,
  logLevel: 'warn',
  // The server puts a fresh nonce in its place (src/http/web/pages.ts): the pages run under a strict Content-Security-Policy.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    manifest: true,
    rolldownOptions: {
      input: { console: resolve(root, 'console.html'), portal: resolve(root, 'portal.html') },
    },
  },
  plugins: [react()],
};

export default config;
