/** What the first verb of a TwiML document says to do; the rest of it is not run by this fake. */
export type Verb =
  | {
      readonly verb: 'connect';
      readonly streamUrl: string;
      readonly action: string;
      readonly parameters: Record<string, string>;
    }
  | { readonly verb: 'say'; readonly text: string }
  | { readonly verb: 'hangup' };

/** Reads the TwiML that a webhook answered. Throws on what Twilio would refuse. */
export function readMarkup(xml: string): Verb {
  if (!xml.includes('<Response>')) throw new Error(`not TwiML: ${xml.slice(0, 200)}`);
  const connect = /<Connect action="([^"]+)" method="POST"><Stream url="([^"]+)">(.*?)<\/Stream><\/Connect>/s.exec(xml);
  if (connect !== null) {
    const streamUrl = unescape(connect[2] ?? '');
    if (streamUrl.includes('?')) throw new Error('Twilio drops the query of a stream URL');
    const parameters: Record<string, string> = {};
    for (const [, name = '', value = ''] of (connect[3] ?? '').matchAll(
      /<Parameter name="([^"]+)" value="([^"]*)"\/>/g,
    )) {
      if (name.length + value.length >= 500) throw new Error('a Parameter of 500 characters or more');
      parameters[unescape(name)] = unescape(value);
    }
    return { verb: 'connect', streamUrl, action: unescape(connect[1] ?? ''), parameters };
  }
  const say = /<Say[^>]*>([^<]*)<\/Say>/.exec(xml);
  if (say !== null) return { verb: 'say', text: unescape(say[1] ?? '') };
  return { verb: 'hangup' };
}

function unescape(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
