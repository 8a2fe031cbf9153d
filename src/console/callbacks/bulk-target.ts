import type { BulkChoice } from '../../api/callback-bulk.ts';
import type { CallbackWire } from '../../api/callbacks.ts';

/** What a change of many is asked for. */
export interface BulkTarget {
  /** How many it means, as far as is known. */
  readonly count: number;
  /** As the gateway is asked. */
  readonly choice: BulkChoice;
  /** Those of them that stand on the page, by which the others go without a name. */
  readonly rows: readonly CallbackWire[];
}
