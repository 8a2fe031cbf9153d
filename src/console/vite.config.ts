import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The console's build: one page and hashed assets, all from our own origin, fit for a policy without inline scripts. */
export default defineConfig({
  base: '/',
  plugins: [react()],
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    target: 'es2023',
    // The polyfill is an inline script; every browser that runs the audio worklets has modulepreload.
    modulePreload: { polyfill: false },
    // As a data: address a worklet would be refused by the policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
});
