import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The page is served under /sandbox/ by our own server; no inline script, so that `script-src 'self'` is enough. */
export default defineConfig({
  base: '/sandbox/',
  plugins: [react()],
  build: { target: 'es2022', modulePreload: { polyfill: false }, assetsInlineLimit: 0, reportCompressedSize: false },
});
