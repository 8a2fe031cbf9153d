import type { CallbackStatus } from '../../src/domain/callback.ts';
import endCall from '../../src/tools/end-call.ts';
import scheduleCallback from '../../src/tools/schedule-callback.ts';
import { ConsoleGateway } from './console-gateway.ts';
import { stereoWav } from './stereo-wav.ts';

/** A gateway with what real days bring. Whoever opens it closes it. */
export interface Showroom extends AsyncDisposable {
  readonly gateway: ConsoleGateway;
  /** The console's pages by name, as paths. */
  readonly pages: Readonly<Record<string, string>>;
  /** The path of a callback that can be moved. */
  readonly openCallback: string;
}

const LONG = 'Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh';

/** Long names, turned writing, emoji, faults, and each state of everything. */
export async function showroom(): Promise<Showroom> {
  const gateway = await ConsoleGateway.open({
    tools: [scheduleCallback, endCall],
    vendors: [
      {
        kind: 'carrier',
        name: 'twilio',
        title: 'Twilio',
        inUse: true,
        standIn: false,
        settings: ['TWILIO_AUTH_TOKEN'],
      },
      { kind: 'carrier', name: 'browser', title: 'Browser softphone', inUse: true, standIn: true, settings: [] },
      {
        kind: 'stt',
        name: 'deepgram',
        title: 'Deepgram',
        inUse: false,
        standIn: false,
        settings: ['DEEPGRAM_API_KEY'],
      },
      { kind: 'llm', name: 'demo', title: 'Demo brain', inUse: true, standIn: true, settings: [] },
      { kind: 'llm', name: 'openai', title: 'OpenAI', inUse: false, standIn: false, settings: ['OPENAI_API_KEY'] },
      { kind: 'tts', name: 'demo', title: 'Local voice', inUse: true, standIn: true, settings: [] },
    ],
  });
  const { world } = gateway;
  const now = Temporal.Now.instant();
  const ada = world.addAgent();
  const noor = world.addAgent({
    name: 'نور من العيادة',
    isDefault: false,
    language: 'ar',
    timeZone: 'Asia/Dubai',
    prompt: 'أجب على الهاتف بلطف وإيجاز.',
  });
  world.addAgent({ name: `Front desk of ${LONG} & Partners, evenings and week-ends`, isDefault: false });
  world.addNumber({ outboundEnabled: true, agentId: ada.id });
  world.addNumber({ number: '+442071838750', agentId: noor.id });
  world.numbers.push({
    id: crypto.randomUUID(),
    number: 'browser:ringback',
    carrier: 'browser',
    agentId: null,
    inboundEnabled: true,
    outboundEnabled: true,
    builtIn: true,
  });
  world.carriers.push({ name: 'twilio', paused: 'Twilio refused our credentials.' }, { name: 'browser', paused: null });
  world.doNotCall.push(
    { id: crypto.randomUUID(), number: '+13125550177', reason: 'Asked not to be called', createdAt: now },
    { id: crypto.randomUUID(), number: '+442079460958', reason: '', createdAt: now.subtract({ hours: 200 }) },
  );
  const people = [
    ['Maria Fernández', '+13125550142', 'America/Chicago', 'A refund for Monday’s order'],
    [
      LONG,
      '+442071838751',
      'Europe/London',
      'Wants to know whether the crown is covered by the new insurance, and if not, what it costs with and without the root canal',
    ],
    ['محمد الأحمد', '+971501234567', 'Asia/Dubai', 'تغيير الموعد إلى يوم الخميس'],
    ['Zoë 🦷🎉', '+4366412345678', 'Europe/Vienna', '🙏 the invoice'],
    [null, '+819012345678', 'Asia/Tokyo', ''],
    ['Sam', '+13125550143', 'America/New_York', 'Second opinion'],
  ] as const;
  const states: readonly (readonly [CallbackStatus, number, object])[] = [
    ['scheduled', 1, {}],
    ['scheduled', 45, { warning: 'Outbound is off for every number of this agent.' }],
    ['scheduled', 26 * 60, {}],
    ['dialing', -1, { nextAttemptAt: null }],
    ['no_answer', -20, { attemptsMade: 2, nextAttemptAt: now.add({ minutes: 40 }) }],
    ['completed', -90, { attemptsMade: 1, nextAttemptAt: null }],
    [
      'failed',
      -200,
      {
        nextAttemptAt: null,
        failureCode: 'invalid_number',
        failureReason: 'The carrier says that there is no such number.',
      },
    ],
    ['cancelled', -400, { nextAttemptAt: null, cancelledBy: 'caller_returned' }],
    ['no_answer', -3_000, { attemptsMade: 3, nextAttemptAt: null }],
  ];
  const rows = states.map(([status, minutes, more], index) => {
    const [toName, to, timeZone, reason] = people[index % people.length] ?? people[0];
    const dueAt = now.add({ minutes });
    return world.putCallback({ status, toName, to, timeZone, reason, dueAt, nextAttemptAt: dueAt, ...more });
  });
  const missed = rows[4];
  for (const [outcome, counted, detail] of [
    ['no_answer', true, 'Rang for 30 seconds.'],
    ['blocked', false, 'Outside the calling hours of the person: moved to the next allowed minute.'],
    ['busy', true, null],
  ] as const)
    if (missed !== undefined)
      world.putAttempt(missed.id, {
        outcome,
        counted,
        detail,
        carrier: 'twilio',
        carrierCallId: `CA${'0123456789abcdef'.repeat(2)}`,
        startedAt: now.subtract({ minutes: 30 }),
        endedAt: now.subtract({ minutes: 29 }),
      });
  const call = pastCall(gateway, now);
  for (const [status, from] of [
    ['in_progress', '+971501234567'],
    ['ringing', '+13125550143'],
    ['busy', '+4366412345678'],
    ['no_answer', '+819012345678'],
    ['failed', '+13125550143'],
  ] as const)
    world.putCall({ status, from, startedAt: now.subtract({ minutes: 3 }) });
  const erased = world.putCall({
    status: 'completed',
    startedAt: now.subtract({ hours: 2_400 }),
    answeredAt: now.subtract({ hours: 2_400 }),
    endedAt: now.subtract({ hours: 2_399 }),
    purgedAt: now.subtract({ hours: 200 }),
  });
  for (const [action, subjectType] of [
    ['agent.changed', 'agent'],
    ['do_not_call.added', 'do_not_call'],
  ] as const)
    world.auditLog.push({
      id: crypto.randomUUID(),
      at: now,
      actor: 'operator',
      action,
      subjectType,
      subjectId: ada.id,
      before: { name: 'Bert', callbackPolicy: { maxAttempts: 3 } },
      after: { name: ada.name, callbackPolicy: { maxAttempts: 5 } },
    });
  const openCallback = `/callbacks/${rows[2]?.id ?? ''}`;
  return {
    gateway,
    openCallback,
    pages: {
      callbacks: '/callbacks',
      'callbacks-attention': '/callbacks?tab=attention',
      'callbacks-all': '/callbacks?tab=all',
      'callbacks-none': '/callbacks?q=nobody%20of%20that%20name',
      'callback-missed': `/callbacks/${missed?.id ?? ''}`,
      'callback-open': openCallback,
      calls: '/calls',
      call: `/calls/${call}`,
      'call-erased': `/calls/${erased.id}`,
      agents: '/agents',
      agent: `/agents/${ada.id}`,
      'agent-new': '/agents/new',
      tools: '/tools',
      numbers: '/phone-numbers',
      settings: '/settings',
      'settings-audit': '/settings/audit',
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

/** A call with everything that a transcript can hold; returns its id. */
function pastCall({ world }: ConsoleGateway, now: Temporal.Instant): string {
  const start = now.subtract({ minutes: 42 });
  const at = (seconds: number): Temporal.Instant => start.add({ milliseconds: Math.round(seconds * 1_000) });
  const call = world.putCall({
    status: 'completed',
    carrier: 'twilio',
    carrierCallId: `CA${'0123456789abcdef'.repeat(2)}`,
    startedAt: at(-2),
    answeredAt: start,
    endedAt: at(42),
    endReason: 'caller_hung_up',
    resumes: 1,
    recording: 'complete',
    recordingFile: 'a.wav',
    summary: 'Maria asked about the refund for Monday’s order and wants to be called back at four, her time.',
  });
  world.recordings.set(call.id, stereoWav(42));
  const latency = (total: number) => ({
    endpointingMs: total * 0.3,
    sttMs: total * 0.1,
    llmFirstTokenMs: total * 0.35,
    ttsFirstByteMs: total * 0.15,
    firstAudioMs: total * 0.1,
    totalMs: total,
  });
  world.putTurn(call.id, {
    text: 'Hello, this is Ada, an AI of Acme Dental. How can I help?',
    startedAt: at(0),
    endedAt: at(5),
  });
  world.putTurn(call.id, {
    role: 'caller',
    text: 'Hi! Where is the refund for Monday’s order? My number is',
    startedAt: at(6),
    endedAt: at(10),
  });
  world.putTurn(call.id, { role: 'caller', text: '[keypad] 4711#', startedAt: at(11), endedAt: at(14) });
  world.putTurn(call.id, {
    text: 'Thank you. It was sent on Tuesday, and it takes five working days, so',
    heardText: 'Thank you. It was sent on Tuesday,',
    interrupted: true,
    startedAt: at(15),
    endedAt: at(19),
    latency: latency(900),
  });
  world.putTurn(call.id, {
    role: 'caller',
    text: 'Sorry, I have to go. Call me back at four?',
    startedAt: at(19),
    endedAt: at(23),
  });
  world.putTurn(call.id, {
    role: 'tool',
    toolName: 'schedule_callback',
    toolArguments: { time: '16:00', reason: 'the refund' },
    toolResult: { ok: true, local_time: 'today, 4:00 pm', time_zone: 'America/Chicago' },
    startedAt: at(24),
    endedAt: at(25),
  });
  world.putTurn(call.id, {
    text: 'Of course: I will call you back today at 4 pm. Talk to you then! 👋',
    startedAt: at(25),
    endedAt: at(31),
    latency: latency(1_450),
  });
  world.putTurn(call.id, { role: 'caller', text: 'شكراً جزيلاً', startedAt: at(32), endedAt: at(34) });
  world.putTurn(call.id, { text: 'You are welcome.', startedAt: at(35), endedAt: at(37), latency: latency(620) });
  return call.id;
}
