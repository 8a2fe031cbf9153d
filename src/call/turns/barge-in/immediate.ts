import type { BargeIn } from './barge-in.ts';

/** Whatever the caller does, the agent stops at once. */
export const immediateBargeIn: BargeIn = {
  consider: (sign) => (sign.kind === 'words' && sign.text.trim() === '' ? 'go_on' : 'interrupt'),
};
