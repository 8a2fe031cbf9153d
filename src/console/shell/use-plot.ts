import { useComputedColorScheme } from '@mantine/core';
import { useEffect, type RefObject } from 'react';
import './plain-language.ts';
import uPlot, { type AlignedData, type Options } from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** A chart that is drawn. */
export type Chart = uPlot;

/** Draws a series as bars. */
export const barPaths = (look: uPlot.Series.BarsPathBuilderOpts) => uPlot.paths.bars?.(look);

/** The colours and the type of the page, as a canvas needs them. */
export interface PlotLook {
  /** The value of a custom property of the theme. */
  readonly colour: (name: string) => string;
  readonly text: string;
  readonly faint: string;
  readonly line: string;
  readonly font: string;
}

/**
 * Draws a chart into an element, in its width, and again when that, the data or the page's colours change. Keep `make`
 * and `data` the same between renders as long as nothing in them changed. The chart is gone with the element.
 */
export function usePlot(
  container: RefObject<HTMLElement | null>,
  height: number,
  make: (look: PlotLook) => Omit<Options, 'width' | 'height'>,
  data: AlignedData,
): void {
  const scheme = useComputedColorScheme('light');
  useEffect(() => {
    const element = container.current;
    if (element === null) return;
    const plot = new uPlot({ ...make(lookOf(element)), width: widthOf(element), height }, data, element);
    const watch = new ResizeObserver(() => plot.setSize({ width: widthOf(element), height }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [container, height, make, data, scheme]);
}

function widthOf(element: HTMLElement): number {
  return Math.max(1, Math.floor(element.clientWidth));
}

function lookOf(element: HTMLElement): PlotLook {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    colour,
    text: style.color,
    faint: colour('--mantine-color-dimmed'),
    line: colour('--rb-line'),
    font: `12px ${style.fontFamily}`,
  };
}
