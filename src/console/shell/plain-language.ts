/*
 * uPlot makes a number format of the browser's language as soon as it is loaded. A browser that was started in the POSIX
 * locale (as in a container) names a language that no format takes, and the chart would be lost. Import this before it.
 */
if (!isLanguage(navigator.language)) Object.defineProperty(navigator, 'language', { value: 'en', configurable: true });

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
