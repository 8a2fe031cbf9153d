import { expect, test } from 'vitest';
import type { LlmMessage } from '../../../src/llm/llm.ts';
import { booked, Conversation, instructions, tools } from './conversation.ts';

test('"call me back in one minute" is booked at once, and the tool\'s sentence is read back word for word', () => {
  const talk = new Conversation();
  expect(talk.says('Call me back in one minute')).toBe("I'll call you back 1. Is there anything else?");
  expect(talk.calls).toEqual([
    { name: 'schedule_callback', args: { in_minutes: 1, reason: 'they asked to be called back' } },
  ]);
});

test('what it is about and who they are go along, in words for the operator', () => {
  const talk = new Conversation();
  talk.says('Hi, my name is anna smith. Please call me back about my invoice tomorrow at 4 pm London time, thanks');
  expect(talk.last).toEqual({
    day: 'tomorrow',
    time: '16:00',
    time_zone: 'Europe/London',
    reason: 'their invoice',
    caller_name: 'Anna Smith',
  });
});

test.each([
  ['call me back in ten minutes about the broken heating', 'the broken heating'],
  ['I want to talk about our contract, call me back in 5 minutes', 'their contract'],
  ['call me in about ten minutes', 'they asked to be called back'],
  ['call me back in an hour regarding order 4711', 'order 4711'],
])('the reason of %j is %j', (said, reason) => {
  const talk = new Conversation();
  talk.says(said);
  expect(talk.last).toMatchObject({ reason });
});

test('what they complained of before is the reason', () => {
  const talk = new Conversation();
  expect(talk.says('My invoice is wrong again')).toMatch(/can't look into that/);
  talk.says('ok call me back in 20 minutes');
  expect(talk.last).toMatchObject({ in_minutes: 20, reason: 'they said: "My invoice is wrong again"' });
});

test('asked to call back without a time, it asks when, and takes a bare answer', () => {
  const talk = new Conversation();
  expect(talk.says('Can you call me back?')).toMatch(/When shall I call you back\?/);
  talk.says('ten minutes');
  expect(talk.last).toMatchObject({ in_minutes: 10 });
});

test.each([
  ['after lunch', /At what time exactly/],
  ['later', /At what time exactly/],
  ['next Monday morning', /At what time on Monday/],
  ['tomorrow', /At what time tomorrow/],
  ['this evening', /At what time today/],
  ['on December 3rd', /At what time on that day/],
  ['the day after tomorrow at 4', /On which day/],
])('"call me back %s" is asked about, and nothing is booked', (when, question) => {
  const talk = new Conversation();
  expect(talk.says(`Call me back ${when}`)).toMatch(question);
  expect(talk.calls).toEqual([]);
});

test('a day and then an hour make one time', () => {
  const talk = new Conversation();
  talk.says('Call me back tomorrow evening');
  talk.says('at 8');
  expect(talk.last).toMatchObject({ day: 'tomorrow', time: '20:00' });
});

test('a day that it has no word for is asked for once', () => {
  const talk = new Conversation();
  talk.says('Call me back the day after tomorrow at 4');
  talk.says('Thursday');
  expect(talk.last).toMatchObject({ day: 'thursday', time: '16:00' });
});

test.each([
  ['on December 3rd at 10', '2026-12-03'],
  ['on January 5th at 10', '2027-01-05'],
  ['on November 24th at 10', '2026-11-24'],
])('%s is the next such day', (when, day) => {
  const talk = new Conversation();
  talk.says(`call me ${when}`);
  expect(talk.last).toMatchObject({ day, time: '10:00' });
});

test('"make it twenty minutes" books again, with the reason that it had', () => {
  const talk = new Conversation();
  talk.says('Call me back in ten minutes about my invoice');
  talk.says('Actually, make it twenty minutes');
  expect(talk.calls.map(({ args }) => args)).toEqual([
    { in_minutes: 10, reason: 'their invoice' },
    { in_minutes: 20, reason: 'their invoice' },
  ]);
});

test('"tomorrow instead" keeps the hour, "at five instead" keeps the day', () => {
  const talk = new Conversation();
  talk.says('Call me back on Friday at 4 pm');
  talk.says('no, on Monday instead');
  expect(talk.last).toMatchObject({ day: 'monday', time: '16:00' });
  talk.says('rather at 5 pm');
  expect(talk.last).toMatchObject({ day: 'monday', time: '17:00' });
});

test('a wish said again in other words is not booked twice', () => {
  const talk = new Conversation();
  talk.says('Call me back in ten minutes');
  talk.says('ok');
  talk.says('no, ten minutes');
  expect(talk.calls).toHaveLength(1);
});

test('a time out of the blue is offered, and booked on a yes', () => {
  const talk = new Conversation();
  expect(talk.says('tomorrow at 4')).toBe('Shall I call you back then?');
  expect(talk.calls).toEqual([]);
  talk.says('yes please');
  expect(talk.last).toMatchObject({ day: 'tomorrow', time: '16:00' });
});

test('a call back and a goodbye in one breath: booked, read back, and hung up', () => {
  const talk = new Conversation();
  expect(talk.says('Call me back in one minute. Bye!')).toBe("I'll call you back 1. Goodbye!");
  expect(talk.calls.map(({ name }) => name)).toEqual(['schedule_callback', 'end_call']);
});

test.each(['bye', 'Goodbye.', "That's all, thank you", 'ok bye bye'])('%j ends the call', (said) => {
  const talk = new Conversation();
  expect(talk.says(said)).toMatch(/Goodbye!$/);
  expect(talk.calls).toEqual([{ name: 'end_call', args: {} }]);
});

test('nothing else: goodbye', () => {
  const talk = new Conversation();
  talk.says('Call me back in one minute');
  expect(talk.says('no thanks')).toMatch(/Goodbye/);
});

const outside = {
  ok: false,
  error:
    'That is outside the hours in which we call. The next allowed time is Wednesday at 8:00 AM. Tell them; if they want the earlier time all the same, call this tool again with confirm_outside_hours true.',
  suggestion: '2026-11-25T08:00',
};
const strict = (args: Record<string, unknown>): unknown =>
  args['confirm_outside_hours'] === true || args['time'] === '08:00' ? booked('schedule_callback', args) : outside;

test('outside the hours it says so, and a yes confirms the time that they asked for', () => {
  const talk = new Conversation({ run: (_name, args) => strict(args) });
  expect(talk.says('call me back tonight at 11')).toBe(
    'That is outside the hours in which we call. The next allowed time is Wednesday at 8:00 AM. Shall I call you at the time that you asked for all the same?',
  );
  expect(talk.says('yes')).toMatch(/I'll call you back/);
  expect(talk.last).toMatchObject({ day: 'today', time: '23:00', confirm_outside_hours: true });
});

test('a no leads to the next allowed time, and a second no to the question when', () => {
  const talk = new Conversation({ run: (_name, args) => strict(args) });
  talk.says('call me back tonight at 11');
  expect(talk.says('no')).toBe('Shall I call you at that next time, then?');
  expect(talk.says('yes, do that')).toMatch(/I'll call you back/);
  expect(talk.last).toMatchObject({ day: '2026-11-25', time: '08:00' });
  expect(talk.last).not.toHaveProperty('confirm_outside_hours');

  const other = new Conversation({ run: (_name, args) => strict(args) });
  other.says('call me back tonight at 11');
  other.says('no');
  expect(other.says('no')).toMatch(/When shall I call you instead/);
  expect(other.calls).toHaveLength(1);
});

test('where the policy forbids it, only the next allowed time is offered', () => {
  const refuse = { ...outside, error: outside.error.replace(/ Tell them.*$/, ' Offer that instead.') };
  const talk = new Conversation({
    run: (_name, args) => (args['time'] === '08:00' ? booked('schedule_callback', args) : refuse),
  });
  expect(talk.says('call me back tonight at 11')).toMatch(/Shall I call you then\?$/);
  talk.says('yes');
  expect(talk.last).toMatchObject({ day: '2026-11-25', time: '08:00' });
});

test('a yes long after the refusal confirms nothing', () => {
  const talk = new Conversation({ run: (_name, args) => strict(args) });
  talk.says('call me back tonight at 11');
  talk.says('who are you?');
  talk.says('how are you?');
  talk.says('yes');
  expect(talk.calls).toHaveLength(1);
});

test.each([
  [
    'The caller hides their number, so they cannot be called back. Tell them so, and offer to help now.',
    /your number is hidden/,
  ],
  [
    'This number is on the list of numbers that we never call. Tell them that you cannot call them back.',
    /numbers that we never call/,
  ],
  [
    'This number may not be called from here. Tell them that you cannot call them back on it.',
    /can't call you back on this number/,
  ],
  [
    '4:00 PM on that day has already passed there (it is now 5:00 PM). Ask for a time that lies ahead.',
    /^4:00 PM on that day has already passed there\. When/,
  ],
  ['That is more than 30 days ahead. Ask for an earlier time.', /^That is more than 30 days ahead\. When/],
  ['Give time as local wall time without Z or an offset; ask the caller.', /^I didn't get the time\. When/],
  ['', /^I didn't get the time\. When/],
])('the refusal %j becomes a sentence for a person, and is not tried again', (error, said) => {
  const talk = new Conversation({ run: () => ({ ok: false, error }) });
  expect(talk.says('call me back tomorrow at 4 pm')).toMatch(said);
  expect(talk.calls).toHaveLength(1);
  talk.says('hmm');
  expect(talk.calls).toHaveLength(1);
});

test('"today at 8" after eight means the evening', () => {
  const talk = new Conversation({
    run: (_name, args) =>
      args['time'] === '08:00'
        ? {
            ok: false,
            error: '8:00 AM today has already passed there (it is now 10:00 AM). Ask for a time that lies ahead.',
          }
        : booked('schedule_callback', args),
  });
  expect(talk.says('call me back today at 8')).toMatch(/I'll call you back/);
  expect(talk.last).toMatchObject({ day: 'today', time: '20:00' });
});

test.each(['not json', 'null', '[]', '"text"'])('a tool that answers %s leads to an apology', (result) => {
  const messages: LlmMessage[] = [
    { role: 'user', text: 'call me back in one minute' },
    { role: 'assistant', text: '', toolCalls: [{ id: 'x', name: 'schedule_callback', arguments: '{broken' }] },
    { role: 'tool', toolCallId: 'x', name: 'schedule_callback', result },
  ];
  expect(new Conversation({ messages }).answer()).toMatch(/isn't done/);
});

test('without the tool it says that it cannot', () => {
  const talk = new Conversation({ tools: [] });
  expect(talk.says('call me back in one minute')).toMatch(/can't book/);
  expect(talk.says('bye')).toMatch(/Goodbye/);
  expect(talk.calls).toEqual([]);
});

test('"don\'t call me back" books nothing', () => {
  const talk = new Conversation();
  talk.says("Please don't call me back");
  talk.says('call me back');
  talk.says('never mind');
  talk.says('yes');
  expect(talk.calls).toEqual([]);
});

test('a caller who wants no calls any more is taken off, where there is a tool for it', () => {
  const able = new Conversation({ tools: [...tools, { name: 'do_not_call', description: '', parameters: {} }] });
  able.says('Never call me again!');
  expect(able.calls).toEqual([{ name: 'do_not_call', args: {} }]);
});

test.each([
  ['hello', /Hello!/],
  ['How are you?', /I'm well/],
  ['Who are you?', /I'm Riley, an AI assistant/],
  ['Are you a robot?', /not a language model/],
  ['What can you do?', /call me back in one minute/],
  ['Thank you', /welcome/],
  ['blargh', /didn't understand/],
  ['', /didn't understand/],
  ['🙂', /didn't understand/],
  ['When will you call me?', /./],
])('%j gets a short, honest answer', (said, answer) => {
  const talk = new Conversation();
  expect(talk.says(said)).toMatch(answer);
  expect(talk.calls).toEqual([]);
});

test('it repeats itself on demand, and knows what was said and promised', () => {
  const talk = new Conversation();
  talk.says('My invoice is wrong again');
  talk.says('call me back in one minute');
  expect(talk.says('Pardon?')).toBe("I'll call you back 1. Is there anything else?");
  expect(talk.says('What did I say?')).toContain('You said: "My invoice is wrong again".');
  expect(talk.says('When will you call?')).toContain("I'll call you back 1.");
});

test('an empty conversation is greeted', () => {
  expect(new Conversation({ messages: [] }).answer()).toMatch(/How can I help you\?$/);
});

// ---------------------------------------------------------------- our own dial

function earlierCall(): LlmMessage[] {
  return [
    { role: 'system', text: instructions },
    { role: 'system', text: 'Earlier in this conversation they called; that call ended 2026-11-24 09:59.' },
    { role: 'user', text: 'My boiler is broken' },
    { role: 'assistant', text: 'I see.' },
    { role: 'user', text: 'call me back in one minute about my boiler' },
    {
      role: 'assistant',
      text: '',
      toolCalls: [{ id: 'c:1', name: 'schedule_callback', arguments: '{"in_minutes":1,"reason":"their boiler"}' }],
    },
    {
      role: 'tool',
      toolCallId: 'c:1',
      name: 'schedule_callback',
      result: '{"ok":true,"say":"I\'ll call you back in 1 minute."}',
    },
    { role: 'assistant', text: "I'll call you back in 1 minute. Is there anything else?" },
    { role: 'user', text: 'no thanks' },
  ];
}

function instruction(...lines: string[]): LlmMessage {
  return {
    role: 'system',
    text: [
      'You are calling this person back, as you promised.',
      'Reason: their boiler',
      'Promised at: 2026-11-24 09:58 (America/New_York)',
      ...lines,
      'Greet them.',
    ].join('\n'),
  };
}

test('a call that it promised asks for the person first, then says about what it is, and what they said', () => {
  const talk = new Conversation({ messages: [...earlierCall(), instruction()] });
  expect(talk.answer()).toBe(
    "Hello, this is Riley. I'm calling back as promised. Am I speaking with the person who asked for this call?",
  );
  expect(talk.says('Yes, that is me')).toBe(
    'Thank you. I\'m calling you back as I promised, about your boiler. Last time you said: "call me back in one minute about my boiler." How can I help?',
  );
});

test('whoever is not the person who asked for the call hears nothing of the matter', () => {
  const talk = new Conversation({ messages: [...earlierCall(), instruction()] });
  talk.answer();
  expect(talk.says('No, there is nobody else here')).not.toMatch(/boiler/);
});

test('a "yes" into the opening is from the person as well, and a later one answers something else', () => {
  const cut: LlmMessage = { role: 'assistant', text: "Hello, this is Riley. I'm [interrupted by the caller]" };
  const talk = new Conversation({ messages: [...earlierCall(), instruction(), cut] });
  expect(talk.says('Yes, speaking')).toContain('about your boiler');
  const other = new Conversation({ messages: [...earlierCall(), instruction(), cut] });
  expect(other.says('No, she is out')).toMatch(/Is the person who asked for this call there\?/);
  expect(other.says('Yes, one moment')).not.toContain('boiler');
});

test('a "hello?" into the opening is not taken for what they said last time', () => {
  const talk = new Conversation({
    messages: [...earlierCall(), instruction(), { role: 'user', text: 'Hello, who is there please?' }, instruction()],
  });
  talk.answer();
  expect(talk.says('yes')).toContain('Last time you said: "call me back in one minute about my boiler."');
});

test('it says sorry when it is late', () => {
  const talk = new Conversation({ messages: [...earlierCall(), instruction('Late by: 40 minutes')] });
  expect(talk.answer()).toMatch(/sorry to call late/);
  expect(talk.says('yes')).toMatch(/sorry that I'm late/);
});

test('a person with a name is asked for first, and hears of the matter only once they said that it is they', () => {
  const talk = new Conversation({ messages: [...earlierCall(), instruction('Name: Anna')] });
  expect(talk.answer()).toBe("Hello, this is Riley. I'm calling back as promised. Am I speaking with Anna?");
  expect(talk.says('Who is this?')).toBe('This is Riley, an AI assistant. Am I speaking with Anna?');
  const matter = talk.says('Yes, speaking');
  expect(matter).toContain('about your boiler');
  expect(matter).toContain('Last time you said');

  const other = new Conversation({ messages: [...earlierCall(), instruction('Name: Anna')] });
  other.answer();
  expect(other.says('No, she is out')).toBe("I'm sorry to disturb you. Is Anna there?");
  expect(
    other.messages
      .map((message) => ('text' in message ? message.text : ''))
      .slice(-3)
      .join(' '),
  ).not.toContain('boiler');
});

test('the matter is known even where the instruction is no longer among the messages', () => {
  const messages: LlmMessage[] = [
    ...earlierCall(),
    { role: 'assistant', text: 'Hello, this is Riley. Am I speaking with Anna?' },
  ];
  expect(new Conversation({ messages }).says('yes')).toContain('about your boiler');
});

test('in the call that was promised the next one can be booked, and an old yes confirms nothing', () => {
  const talk = new Conversation({ messages: [...earlierCall(), instruction()] });
  talk.answer();
  talk.says('Not a good moment, call me again in five minutes');
  expect(talk.calls).toEqual([{ name: 'schedule_callback', args: { in_minutes: 5, reason: 'their boiler' } }]);
});

test('a wish that an earlier call left open does not book the first time that is named in the next', () => {
  const messages: LlmMessage[] = [
    { role: 'system', text: instructions },
    { role: 'user', text: 'call me back' },
    { role: 'assistant', text: 'Gladly. When shall I call you back?' },
    instruction(),
  ];
  const talk = new Conversation({ messages });
  talk.answer();
  expect(talk.says('I have a meeting at 4 pm')).toBe('Shall I call you back then?');
  expect(talk.calls).toEqual([]);
});

test('an offer of an earlier call does not stand in the next', () => {
  const messages: LlmMessage[] = [
    { role: 'system', text: instructions },
    { role: 'user', text: 'call me back tonight at 11' },
    {
      role: 'assistant',
      text: '',
      toolCalls: [{ id: 'c:1', name: 'schedule_callback', arguments: '{"day":"today","time":"23:00","reason":"x"}' }],
    },
    { role: 'tool', toolCallId: 'c:1', name: 'schedule_callback', result: JSON.stringify(outside) },
    { role: 'assistant', text: 'Shall I call you at the time that you asked for all the same?' },
    { role: 'assistant', text: 'Hello, how can I help you?' },
  ];
  const talk = new Conversation({ messages });
  talk.says('yes');
  expect(talk.calls).toEqual([]);
});

// ---------------------------------------------------------------- they ring first

const able = ['schedule_callback', 'reschedule_callback', 'cancel_callback', 'do_not_call', 'end_call'].map((name) => ({
  name,
  description: '',
  parameters: {},
}));

function ringsFirst(): Conversation {
  const note = [
    'This person has a callback open with you (callback_id 018f0000-0000-7000-8000-00000000c001).',
    'It is due 2026-11-24 16:00 (America/New_York).',
    'Reason: their boiler',
  ].join('\n');
  return new Conversation({
    messages: [
      { role: 'system', text: instructions },
      { role: 'system', text: note },
      { role: 'assistant', text: 'Hello, how can I help you?' },
    ],
    tools: able,
    run: () => ({ ok: true, say: 'It is done.' }),
  });
}

test('somebody who rings first is asked about the promise once, whatever they say', () => {
  const talk = ringsFirst();
  expect(talk.says('Hello there')).toBe(
    'I am to call you back today at 4:00 PM, about your boiler. Shall I still call you then?',
  );
  expect(talk.says('My boiler is still broken')).not.toContain('Shall I still call you then?');
  expect(talk.calls).toEqual([]);
});

test.each([
  ['yes please', 'reschedule_callback', { keep: true }],
  ['no thanks', 'cancel_callback', {}],
  ['make it tomorrow at 4', 'reschedule_callback', { day: 'tomorrow', time: '16:00' }],
  ['tomorrow', 'reschedule_callback', { day: 'tomorrow', time: '16:00' }],
  ['rather in ten minutes', 'reschedule_callback', { in_minutes: 10 }],
  ['forget it', 'cancel_callback', {}],
  ['stop calling me', 'do_not_call', {}],
])('asked whether it stays, %j leads to %s', (said, name, args) => {
  const talk = ringsFirst();
  talk.says('Hello there');
  expect(talk.says(said)).toMatch(/It is done\./);
  expect(talk.calls).toEqual([{ name, args }]);
});

test.each([
  ['make it tomorrow at 4', 'reschedule_callback'],
  ['please cancel it', 'cancel_callback'],
  ['never call me again', 'do_not_call'],
])('%j needs no question first', (said, name) => {
  const talk = ringsFirst();
  talk.says(said);
  expect(talk.calls.map((call) => call.name)).toEqual([name]);
});

test('what was cancelled is not cancelled again, and is no promise any more', () => {
  const talk = new Conversation({ tools: able });
  talk.says('call me back in one minute');
  talk.says('forget it');
  talk.says('forget it');
  expect(talk.calls.map((call) => call.name)).toEqual(['schedule_callback', 'cancel_callback']);
  expect(talk.says('When will you call?')).toMatch(/haven't promised/);
});

// ---------------------------------------------------------------- the summary

const summarise: LlmMessage = {
  role: 'system',
  text: 'Summarise this call in at most three sentences: who called about what.',
};

test('a summary says what was said and promised, and nothing else', () => {
  const talk = new Conversation();
  talk.says('My boiler is broken');
  talk.says('call me back in one minute about my boiler');
  talk.messages.push(summarise);
  expect(talk.answer()).toBe(
    'The caller said "My boiler is broken". A call back was promised for 2026-11-24 15:45 (America/New_York), about: their boiler.',
  );
});

test('a summary of a call without a promise promises nothing', () => {
  const talk = new Conversation();
  talk.says('hello');
  talk.messages.push(summarise);
  expect(talk.answer()).toBe('The caller said "hello". Nothing was promised.');
  expect(new Conversation({ messages: [summarise] }).answer()).toBe('The caller said nothing. Nothing was promised.');
});
