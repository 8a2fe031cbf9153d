import { useEffect } from 'react';
import { pageClock } from '../time/clock.ts';

const FLASH_MS = 1_000;

/** Shows `words` in the browser's tab, by turns with the page's own title. */
export function useTitleFlash(words: string): void {
  useEffect(() => {
    let own = document.title;
    document.title = words;
    const stop = pageClock.every(FLASH_MS, () => {
      if (document.title === words) {
        document.title = own;
        return;
      }
      // Another page may have been opened meanwhile.
      own = document.title;
      document.title = words;
    });
    return () => {
      stop();
      if (document.title === words) document.title = own;
    };
  }, [words]);
}
