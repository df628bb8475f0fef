import { defineConfig } from 'vite';

/** A frame that our own server fills (api/upload); what stands under /upload/assets are its style and script. */
export default defineConfig({
  base: '/upload/',
  build: { target: 'es2020', modulePreload: { polyfill: false }, assetsInlineLimit: 0, reportCompressedSize: false },
});
