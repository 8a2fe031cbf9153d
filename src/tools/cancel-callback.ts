import { defineTool, ToolArguments } from './tool.ts';

/** Cancels a call back that the person on the line has open with this agent. */
export default defineTool<{ readonly callbackId?: string }>({
  name: 'cancel_callback',
  setting: 'cancelCallback',
  title: 'Cancel a callback',
  summary: 'Cancels a promised call back when the caller no longer wants it.',
  description: [
    'Cancels the call back that is open for the person you are speaking with, when they no longer want it.',
    'If it answers ok, read its `say` to them word for word. If not, its `error` says why, and what to tell them.',
  ].join(' '),
  parameters: () => ({
    type: 'object',
    properties: {
      callback_id: {
        type: 'string',
        description: 'Which one, as a tool named it; leave it out for the one that they have open with you.',
      },
    },
    required: [],
    additionalProperties: false,
  }),
  parse(input) {
    const args = new ToolArguments(input, 'with callback_id, or an empty one');
    const callbackId = args.word('callback_id', 'the id that a tool gave for it');
    return callbackId === undefined ? {} : { callbackId };
  },
  run: (which, context) => context.callbacks.cancel(which),
});
