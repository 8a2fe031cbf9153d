import { expect, test } from 'vitest';
import { markup } from '../../../../src/carriers/twilio/markup.ts';

const urls = { resumeUrl: 'https://gw.example.com/carriers/twilio/resume/c1?a=1&b=2' };
const head = '<?xml version="1.0" encoding="UTF-8"?><Response>';

test('a stream is connected with its token as a parameter and a way back when it is over', () => {
  const reply = markup(
    { type: 'stream', callId: 'c1', token: 't"<', streamUrl: 'wss://gw.example.com/carriers/twilio/media' },
    urls,
  );
  expect(reply.contentType).toContain('text/xml');
  expect(reply.body).toBe(
    `${head}<Connect action="https://gw.example.com/carriers/twilio/resume/c1?a=1&amp;b=2" method="POST"><Stream url="wss://gw.example.com/carriers/twilio/media">` +
      '<Parameter name="callId" value="c1"/><Parameter name="token" value="t&quot;&lt;"/></Stream></Connect></Response>',
  );
});

test('a sentence is said as text, whatever it holds, and then the call ends', () => {
  const reply = markup({ type: 'say', text: 'Sorry & <bye>\u0000', language: 'en-US' }, urls);
  expect(reply.body).toBe(`${head}<Say language="en-US">Sorry &amp; &lt;bye&gt;</Say><Hangup/></Response>`);
});

test('hanging up and doing nothing', () => {
  expect(markup({ type: 'hangup' }, urls).body).toBe(`${head}<Hangup/></Response>`);
  expect(markup({ type: 'none' }, urls).body).toBe(`${head}</Response>`);
});
