import { defineTool } from './tool.ts';

/** "Stop calling me": whatever is promised to this person is cancelled, and their number is never called again. */
export default defineTool({
  name: 'do_not_call',
  setting: 'doNotCall',
  title: 'Never call again',
  summary: 'Cancels all call backs to the caller and puts their number on the do-not-call list.',
  description: [
    'Cancels every call back to the person you are speaking with, and never lets their number be called again.',
    'Use it only when they want no calls from us any more; to cancel one call back there is cancel_callback.',
    'If it answers ok, read its `say` to them word for word. If not, its `error` says why, and what to tell them.',
  ].join(' '),
  parameters: () => ({ type: 'object', properties: {}, additionalProperties: false }),
  // It takes nothing, so whatever a model sends along does no harm: this wish must not fail on it.
  parse: () => ({}),
  run: (_input, context) => context.callbacks.doNotCall(),
});
