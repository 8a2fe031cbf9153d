import type { CarrierReply, Instruction } from '../carrier.ts';

/** TwiML for an instruction (twilio.com/docs/voice/twiml). `resumeUrl` is asked when the stream is over. */
export function markup(instruction: Instruction, urls: { resumeUrl: string }): CarrierReply {
  return {
    status: 200,
    contentType: 'text/xml; charset=utf-8',
    body: `<?xml version="1.0" encoding="UTF-8"?><Response>${verbs(instruction, urls)}</Response>`,
  };
}

function verbs(instruction: Instruction, urls: { resumeUrl: string }): string {
  switch (instruction.type) {
    case 'stream':
      // The token stands in a Parameter: Twilio drops the query of a stream's URL.
      return (
        `<Connect action="${escape(urls.resumeUrl)}" method="POST"><Stream url="${escape(instruction.streamUrl)}">` +
        `<Parameter name="callId" value="${escape(instruction.callId)}"/><Parameter name="token" value="${escape(instruction.token)}"/>` +
        `</Stream></Connect>`
      );
    case 'say':
      return `<Say language="${escape(instruction.language)}">${escape(instruction.text)}</Say><Hangup/>`;
    case 'hangup':
      return '<Hangup/>';
    case 'none':
      return '';
  }
}

/** Text and attribute values; what XML 1.0 cannot hold at all is dropped. */
function escape(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
  return (
    text
      // oxlint-disable-next-line no-control-regex -- these are the characters that XML 1.0 forbids
      .replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '')
      .replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
  );
}
