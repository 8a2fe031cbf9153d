/** What a caller did while the agent had the floor. */
export type CallerSign =
  /** A voice, or a noise like one: no words yet. */
  | { readonly kind: 'voice' }
  /** Words, that may still change. */
  | { readonly kind: 'words'; readonly text: string }
  /** A whole turn, spoken or typed. */
  | { readonly kind: 'turn' };

/** Decides what a caller's sign does to the agent's words. One strategy per file. */
export interface BargeIn {
  consider(sign: CallerSign): 'interrupt' | 'go_on';
}
