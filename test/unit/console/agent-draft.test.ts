import { describe, expect, test } from 'vitest';
import { changesOf, emptyDraft } from '../../../src/console/agents/draft.ts';

const policy = emptyDraft.callbackPolicy;

describe('what is sent of an edited agent', () => {
  test('is nothing where nothing was changed', () => {
    expect(changesOf(emptyDraft, structuredClone(emptyDraft))).toEqual({});
  });

  test('is the one member that was changed, however deep it lies', () => {
    const draft = {
      ...emptyDraft,
      callbackPolicy: { ...policy, retryDelaysMinutes: { ...policy.retryDelaysMinutes, busy: [5] } },
      limits: { ...emptyDraft.limits, silencePrompts: 0 },
    };
    expect(changesOf(emptyDraft, draft)).toEqual({
      callbackPolicy: { retryDelaysMinutes: { busy: [5] } },
      limits: { silencePrompts: 0 },
    });
  });

  test('is the calling hours as a whole, because half of them mean nothing', () => {
    const draft = { ...emptyDraft, callbackPolicy: { ...policy, callingHours: { start: '09:00', end: '21:00' } } };
    expect(changesOf(emptyDraft, draft)).toEqual({
      callbackPolicy: { callingHours: { start: '09:00', end: '21:00' } },
    });
    const always = { ...emptyDraft, callbackPolicy: { ...policy, callingHours: null } };
    expect(changesOf(emptyDraft, always)).toEqual({ callbackPolicy: { callingHours: null } });
  });

  test('is a list as a whole, and a vendor that is chosen or left to the gateway', () => {
    expect(changesOf({ ...emptyDraft, voice: ['a', 'b'] }, { ...emptyDraft, voice: ['a'] })).toEqual({ voice: ['a'] });
    expect(changesOf({ ...emptyDraft, voice: 'a' }, emptyDraft)).toEqual({ voice: null });
  });

  test('is the switch of one tool alone', () => {
    const on = { ...emptyDraft, tools: { endCall: true, scheduleCallback: true } };
    expect(changesOf(on, { ...on, tools: { endCall: true, scheduleCallback: false } })).toEqual({
      tools: { scheduleCallback: false },
    });
  });
});
