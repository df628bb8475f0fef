import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The page is served under /console/calculators by our own server; no inline script, so that `script-src 'self'` is enough. */
export default defineConfig({
  base: '/console/calculators/',
  plugins: [react()],
  build: { target: 'es2022', modulePreload: { polyfill: false }, assetsInlineLimit: 0, reportCompressedSize: false },
});
