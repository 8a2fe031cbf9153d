import { useState, type FocusEvent, type PointerEvent } from 'react';

interface Row {
  readonly id: string;
}

/** Rows that keep their place while somebody points at them, and what waits meanwhile. */
export interface SteadyRows<Item> {
  readonly shown: readonly Item[];
  /** Rows that came or went since; they are shown when the pointer leaves, or on demand. */
  readonly waiting: number;
  readonly show: () => void;
  /** For the element around the rows. */
  readonly watch: {
    readonly onPointerEnter: (event: PointerEvent) => void;
    readonly onPointerLeave: () => void;
    readonly onFocus: (event: FocusEvent) => void;
    readonly onBlur: (event: FocusEvent) => void;
  };
}

/**
 * Holds the order of rows while a mouse is over them or the keyboard is in them: known rows change in place, others wait.
 * A row that slides under the pointer in the moment of a press would be the wrong one.
 */
export function useSteadyRows<Item extends Row>(rows: readonly Item[]): SteadyRows<Item> {
  const [kept, setKept] = useState(rows);
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  const held = pointed || focused;
  const shown = held ? merged(kept, rows) : rows;
  if (shown !== kept) setKept(shown);
  return {
    shown,
    waiting: held ? differences(shown, rows) : 0,
    show: () => setKept(rows),
    watch: {
      onPointerEnter: ({ pointerType }) => setPointed(pointerType !== 'touch'),
      onPointerLeave: () => setPointed(false),
      onFocus: ({ target }) => setFocused(target.matches(':focus-visible')),
      onBlur: ({ currentTarget, relatedTarget }) => {
        if (!(relatedTarget instanceof Node) || !currentTarget.contains(relatedTarget)) setFocused(false);
      },
    },
  };
}

/** The kept rows as they are now; those that are gone stay as they were last seen. */
function merged<Item extends Row>(kept: readonly Item[], rows: readonly Item[]): readonly Item[] {
  const now = new Map(rows.map((row) => [row.id, row]));
  const next = kept.map((row) => now.get(row.id) ?? row);
  return next.every((row, index) => row === kept[index]) ? kept : next;
}

function differences(shown: readonly Row[], rows: readonly Row[]): number {
  const [here, there] = [new Set(shown.map(({ id }) => id)), new Set(rows.map(({ id }) => id))];
  return there.symmetricDifference(here).size;
}
