/** Why nobody new is let in: the event loop is at its limit, or all lines are taken. */
export type Refusal = 'overloaded' | 'full';

/** A number of calls that must not be passed, and how many there are of it now. */
export interface Bound {
  readonly most: number;
  readonly used: number;
}

/** Says whether one more call can be served here. */
export interface Admission {
  /** Why an inbound call is refused; null where it is welcome. */
  refusal(): Refusal | null;
  /**
   * How many callbacks that are due may be dialled from here now; Infinity where nothing bounds them. A part of the lines
   * is kept for people who call.
   */
  linesFree(): number;
  /** A dial is on its way: its line is taken until it is connected, or for so long. */
  expect(callId: string, withinMs: number): void;
  /** It is connected, or over. */
  connected(callId: string): void;
  /** The calls of dials that are on their way. */
  readonly expected: readonly string[];
}

export interface AdmissionOptions {
  /** The bounds in force; none where no number is set. */
  readonly bounds: () => readonly Bound[];
  readonly overloaded: () => boolean;
  readonly nowMs: () => number;
}

/** Of the smallest bound, kept for inbound. */
const INBOUND_SHARE = 0.2;

/** Counts the lines of this process. */
export function openAdmission(options: AdmissionOptions): Admission {
  const { bounds, overloaded, nowMs } = options;
  /** Dials that ring, by call, and until when they are waited for. As many as there are lines, where there is a bound. */
  const expected = new Map<string, number>();

  function ringing(): string[] {
    for (const [callId, untilMs] of expected) if (untilMs <= nowMs()) expected.delete(callId);
    return [...expected.keys()];
  }

  return {
    refusal() {
      if (overloaded()) return 'overloaded';
      return bounds().some(({ most, used }) => used >= most) ? 'full' : null;
    },
    linesFree() {
      if (overloaded()) return 0;
      const all = bounds();
      const kept = keptForInbound(Math.min(...all.map(({ most }) => most)));
      const taken = kept + ringing().length;
      return Math.max(0, Math.min(...all.map(({ most, used }) => most - used - taken)));
    },
    expect(callId, withinMs) {
      if (bounds().length > 0) expected.set(callId, nowMs() + withinMs);
    },
    connected: (callId) => void expected.delete(callId),
    get expected() {
      return ringing();
    },
  };
}

/** At least a fifth, and never the last line: a promise must be dialled from it. */
function keptForInbound(smallest: number): number {
  return smallest === Infinity ? 0 : Math.min(Math.ceil(smallest * INBOUND_SHARE), smallest - 1);
}
