import { defineTool, ToolArguments, ToolInputError } from './tool.ts';

/** A card number and a code behind it; nobody waits for more. */
const MOST_KEYS = 40;
/** Each waits for a second. */
const MOST_WAITS = 5;
const WANTS = 'the keys to press: 0-9, * and #, and a comma for a second of waiting, for example 1,4471#';

/** Keys of a telephone, heard by whatever asks for them at the other end. */
export default defineTool({
  name: 'press_keys',
  setting: 'pressKeys',
  title: 'Press keys',
  summary: 'Presses keys of the telephone, where a machine at the other end asks for them.',
  description: [
    'Presses keys of the telephone, which the other side hears as tones after what you have said by then.',
    'Use it only for a machine that asks for keys ("press 1 for sales", "enter the extension"), never to answer a person.',
    'After it, say nothing until you hear what follows.',
  ].join(' '),
  onceOnly: true,
  parameters: () => ({
    type: 'object',
    properties: { keys: { type: 'string', pattern: '^[0-9*#,]+$', examples: ['1'], description: WANTS } },
    required: ['keys'],
    additionalProperties: false,
  }),
  parse(input) {
    const given = new ToolArguments(input, `with ${WANTS}`).given('keys');
    // Models write a single digit as a number, and group long ones.
    const keys = typeof given === 'number' && Number.isSafeInteger(given) && given >= 0 ? String(given) : given;
    if (typeof keys !== 'string' || keys.length > 2 * MOST_KEYS) throw new ToolInputError(`keys must be ${WANTS}.`);
    const pressed = keys.replaceAll(/[\s-]/g, '');
    if (!/^[0-9*#,]+$/.test(pressed) || !/[^,]/.test(pressed)) throw new ToolInputError(`keys must be ${WANTS}.`);
    if (pressed.length > MOST_KEYS || pressed.split(',').length - 1 > MOST_WAITS)
      throw new ToolInputError(`Press at most ${MOST_KEYS} keys at once, with at most ${MOST_WAITS} commas.`);
    return { keys: pressed };
  },
  run: async ({ keys }, context) =>
    context.pressKeys(keys)
      ? { ok: true }
      : {
          ok: false,
          error: 'The keys could not be pressed any more: they spoke meanwhile. Go on with what they said.',
        },
});
