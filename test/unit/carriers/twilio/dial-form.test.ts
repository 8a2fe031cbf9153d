import { describe, expect, test } from 'vitest';
import type { DialRequest } from '../../../../src/carriers/carrier.ts';
import { dialForm } from '../../../../src/carriers/twilio/dial-form.ts';

const request: DialRequest = {
  attemptId: '018f0000-0000-7000-8000-00000000a001',
  callbackId: '018f0000-0000-7000-8000-00000000b001',
  attemptNumber: 2,
  callId: '018f0000-0000-7000-8000-00000000c001',
  to: '+12125550147',
  from: '+13105550142',
  ringTimeoutSeconds: 45,
  machineDetection: 'off',
  display: { agentName: 'Riley', topic: 'a secret matter' },
  beforeSend: () => undefined,
};
const form = (over: Partial<DialRequest> = {}) => dialForm({ ...request, ...over }, 'https://gw.example.com');

describe('the request to call', () => {
  test('names the attempt in every URL, so that any webhook settles it', () => {
    const urls = [...form({ machineDetection: 'detect' })].filter(([, value]) => value.startsWith('https:'));
    expect(urls.map(([name]) => name)).toEqual(['Url', 'StatusCallback', 'AsyncAmdStatusCallback']);
    for (const [, value] of urls) {
      const url = new URL(value);
      expect(url.pathname).toMatch(new RegExp(`^/carriers/twilio/(answer|status|amd)/${request.attemptId}$`));
      expect(url.search).toBe(`?callback=${request.callbackId}&n=2`);
    }
  });

  test("has Twilio's own webhook client try again while a replica is down, within what it may take in all", () => {
    const fragment = new URLSearchParams(new URL(form().get('Url') ?? '').hash.slice(1));
    const { ct, rt, rc, rp } = Object.fromEntries(fragment) as Record<string, string>;
    // twilio.com/docs/usage/webhooks/webhooks-connection-overrides: 100-10000, 100-15000, 0-5, 15 s in all.
    expect([Number(ct), Number(rt), Number(rc), rp]).toEqual([2_000, 4_000, 3, 'all']);
  });

  test('asks for every status, by POST, and rings as long as the policy says', () => {
    const sent = form();
    expect(sent.getAll('StatusCallbackEvent')).toEqual(['initiated', 'ringing', 'answered', 'completed']);
    expect(sent.get('Method')).toBe('POST');
    expect(sent.get('StatusCallbackMethod')).toBe('POST');
    expect(sent.get('Timeout')).toBe('45');
    expect([sent.get('To'), sent.get('From')]).toEqual([request.to, request.from]);
  });

  test.each([
    ['off', null, null],
    ['detect', 'Enable', 'true'],
    ['detect_message_end', 'DetectMessageEnd', 'true'],
  ] as const)(
    'with machine detection %s never lets the callee wait for the verdict',
    (machineDetection, mode, async) => {
      const sent = form({ machineDetection });
      expect(sent.get('MachineDetection')).toBe(mode);
      expect(sent.get('AsyncAmd')).toBe(async);
      expect(sent.has('AsyncAmdStatusCallback')).toBe(mode !== null);
    },
  );

  test('tells Twilio nothing of what the call is about', () => {
    expect(form().toString()).not.toContain('secret');
    expect(form().toString()).not.toContain('Riley');
  });
});
