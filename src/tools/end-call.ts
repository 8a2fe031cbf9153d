import { defineTool } from './tool.ts';

/** Hangs up, after the agent's last words have been heard. */
export default defineTool({
  name: 'end_call',
  setting: 'endCall',
  title: 'End the call',
  summary: 'Hangs up once the matter is closed, after the last words of the agent have been heard.',
  description:
    'Ends the call after your last words have been heard. Say goodbye first, in the same answer; say nothing afterwards.',
  parameters: () => ({ type: 'object', properties: {}, additionalProperties: false }),
  // It takes nothing, so whatever a model sends along does no harm: a goodbye must not fail on it.
  parse: () => ({}),
  run: async (_input, context) => {
    context.endCall();
    return { ok: true };
  },
});
