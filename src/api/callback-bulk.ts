import { z } from 'zod';
import { callbackStatuses } from '../domain/callback.ts';
import { callbackQuery, callbackWire, override } from './callbacks.ts';
import { id, problem, searchWords, timeInput, words } from './common.ts';

/** How many callbacks one request changes where a filter chooses them. */
export const MOST_BY_FILTER = 1_000;

/** The filters of the list as members of a body. */
const filter = z
  .strictObject({
    status: z.array(z.enum(callbackStatuses)).max(20).optional(),
    agentId: id.optional(),
    to: words(64).optional(),
    from: timeInput.optional(),
    until: timeInput.optional(),
    q: searchWords,
    open: z.boolean().optional(),
    attention: z.boolean().optional(),
  })
  .meta({ id: 'CallbackFilter', description: 'As the parameters of the list; what is left out does not narrow.' });
export type BulkFilter = z.infer<typeof filter>;

const byIds = { ids: z.array(id).min(1).max(200) };
const byFilter = {
  filter,
  expected: z
    .number()
    .int()
    .min(1)
    .max(MOST_BY_FILTER)
    .meta({ description: 'How many /callbacks/changeable counted for that filter.' }),
};
const move = {
  byMinutes: z
    .number()
    .min(-525_600)
    .max(525_600)
    .refine((minutes) => minutes !== 0, 'moves nothing')
    .meta({ description: "Added to each one's next planned dial; negative is earlier." }),
  override,
};

export const bulkCancelInput = z
  .union([z.strictObject(byIds), z.strictObject(byFilter)])
  .meta({ id: 'BulkCancelInput' });
export const bulkMoveInput = z
  .union([z.strictObject({ ...byIds, ...move }), z.strictObject({ ...byFilter, ...move })])
  .meta({ id: 'BulkMoveInput' });
/** Which rows one request changes. */
export type BulkChoice = z.infer<typeof bulkCancelInput>;

export const changeableQuery = callbackQuery.omit({ limit: true, cursor: true, sort: true, order: true });

/** How many of the list could be cancelled or moved by one request. */
export const changeableWire = z
  .object({
    /** At most one more than `most`: then it stands for any number above it. */
    count: z
      .number()
      .int()
      .min(0)
      .max(MOST_BY_FILTER + 1),
    most: z.literal(MOST_BY_FILTER),
  })
  .meta({ id: 'Changeable' });
export type ChangeableWire = z.infer<typeof changeableWire>;

/** What became of each row, in the order in which they were given, or of the list by due time. */
export const bulkResult = z
  .object({
    done: z.number().int(),
    refused: z.number().int(),
    results: z.array(z.object({ id, callback: callbackWire.nullable(), problem: problem.nullable() })),
  })
  .meta({ id: 'BulkResult' });
export type BulkResult = z.infer<typeof bulkResult>;
