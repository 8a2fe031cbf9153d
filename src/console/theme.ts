import { createTheme, type CSSVariablesResolver } from '@mantine/core';

/** Ours: a calm blue-violet. Index 8 carries white text at more than 7:1. */
const ringback = [
  '#f0f1ff',
  '#dfe1fb',
  '#bcc0f2',
  '#969dea',
  '#767fe3',
  '#626bdf',
  '#5760de',
  '#484fc5',
  '#3b3fbf',
  '#30369b',
] as const;

/** The library's greys are warm; these have the blue of our own surfaces. Index 0 is text, 6 a field, 7 a menu. */
const dark = [
  '#d8dce7',
  '#b7bdcc',
  '#929aac',
  '#646d80',
  '#434a5c',
  '#343a49',
  '#242936',
  '#1c202a',
  '#16181f',
  '#101218',
] as const;

export const theme = createTheme({
  colors: { ringback, dark },
  primaryColor: 'ringback',
  primaryShade: { light: 8, dark: 7 },
  autoContrast: true,
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'Inter, "Segoe UI", system-ui, -apple-system, Roboto, "Helvetica Neue", Arial, sans-serif',
  headings: { fontWeight: '650' },
  components: {
    Badge: { defaultProps: { radius: 'sm' } },
    Tooltip: { defaultProps: { openDelay: 300, events: { hover: true, focus: true, touch: false } } },
  },
});

const tinted = ['gray', 'red', 'orange', 'yellow', 'green', 'teal', 'blue', 'ringback', 'grape'] as const;

/**
 * The library's own light colours fall short of WCAG AA (4.5:1) in dimmed text, links and light badges; these are the
 * shades that reach it.
 */
export const readableColours: CSSVariablesResolver = (from) => ({
  variables: {},
  light: {
    '--mantine-color-body': '#fff',
    '--mantine-color-dimmed': from.colors.gray[7],
    '--mantine-color-placeholder': from.colors.gray[7],
    '--mantine-color-anchor': ringback[8],
    '--mantine-color-error': from.colors.red[9],
    ...Object.fromEntries(
      tinted.map((name) => [`--mantine-color-${name}-light-color`, DARKER[name] ?? shade(from.colors[name], 9)]),
    ),
    '--rb-surface': '#f6f7fb',
    '--rb-card': '#fff',
    '--rb-line': '#e3e6ee',
    '--rb-agent': '#f0f1ff',
    '--rb-caller': '#eef2f4',
    '--rb-unheard': from.colors.gray[7],
    '--rb-wave-caller': '#0b7285',
    '--rb-wave-agent': ringback[7],
    '--rb-shadow': '0 12px 40px rgb(20 24 60 / 18%)',
  },
  dark: {
    '--mantine-color-body': '#16181f',
    '--mantine-color-dimmed': '#a9b0bf',
    '--mantine-color-placeholder': '#a9b0bf',
    '--mantine-color-anchor': ringback[2],
    '--mantine-color-error': from.colors.red[4],
    ...Object.fromEntries(
      tinted.map((name) => [
        `--mantine-color-${name}-light-color`,
        shade(from.colors[name], name === 'ringback' ? 2 : 3),
      ]),
    ),
    '--rb-surface': '#101218',
    '--rb-card': '#191c25',
    '--rb-line': '#2b303d',
    '--rb-agent': '#25294a',
    '--rb-caller': '#252a33',
    '--rb-unheard': '#a9b0bf',
    '--rb-wave-caller': '#66d9e8',
    '--rb-wave-agent': ringback[3],
    '--rb-shadow': '0 12px 40px rgb(0 0 0 / 55%)',
  },
});

/** Where even the darkest shade of the library is too light on its own tint. */
const DARKER: Partial<Record<(typeof tinted)[number], string>> = {
  yellow: '#7a4b00',
  orange: '#9a3c00',
  green: '#1f6b2f',
  teal: '#066649',
  gray: '#3f4750',
};

function shade(colours: readonly string[] | undefined, index: number): string {
  return colours?.[index] ?? 'inherit';
}
