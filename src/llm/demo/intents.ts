/* What somebody may mean beside a time, each by its usual words. They take the words as they were said. */

const when = String.raw`(?:again|later|in|at|on|when|after|around|before|by|tomorrow|tonight|today|this|next|noon|midnight|soon|some|any|monday|tuesday|wednesday|thursday|friday|saturday|sunday|half|please)`;
const wish = new RegExp(
  String.raw`\b(?:call(?:ing)?|ring(?:ing)?|phone|phoning|buzz) (?:me|us) (?:right |straight )?back\b|\bcall(?:ing)?[ -]?backs?\b|\b(?:call|ring|phone|buzz) (?:me|us)(?: ${when}\b| *$|[,.!?])|\bgive (?:me|us) (?:a|another) (?:call|ring|buzz)\b|\bget back to (?:me|us)\b|\b(?:ring|phone) (?:me|us)\b`,
);

export function wantsCallback(said: string): boolean {
  return wish.test(plain(said)) && !refusesCallback(said);
}

/** "Don't call me back." */
export function refusesCallback(said: string): boolean {
  return /\b(?:don'?t|do not|never|no need to|needn'?t|not) (?:ever )?(?:call|ring|phone|calling)\b|\b(?:cancel|forget|drop|skip|delete) (?:it|that|this|the call|my call|the appointment)|\bnever ?mind\b|\bstop calling\b/.test(
    plain(said),
  );
}

/** "Never call me again." */
export function stopsAllCalls(said: string): boolean {
  return /\bstop calling\b|\bnever call\b|\b(?:don'?t|do not) (?:ever )?call (?:me |us )?(?:again|any ?more|ever)\b|\bdo[ -]not[ -]call list\b/.test(
    plain(said),
  );
}

/** "Actually", "instead", "no": with a time, another one is meant. */
export function movesIt(said: string): boolean {
  return /\b(?:actually|instead|rather|better|sooner|earlier|move|change|make (?:it|that)|no|wait|sorry|what about|how about|can you|could you|can we|could we|let'?s|prefer)\b/.test(
    plain(said),
  );
}

/** Begins with a yes. */
export function isYes(said: string): boolean {
  return /^(?:oh |well |um |uh |,)*(?:yes|yeah|yep|yup|ya|sure|ok|okay|of course|please|please do|go ahead|do it|do that|right|correct|exactly|fine|that'?s (?:right|fine|ok|okay|me|good)|sounds good|definitely|absolutely|speaking|this is (?:she|he|me)|it is|it'?s me|i am|i do|perfect|great|wonderful|lovely|good(?! (?:morning|afternoon|evening|day|night|bye))|alright|all right)\b/.test(
    plain(said),
  );
}

/** Begins with a no. */
export function isNo(said: string): boolean {
  return /^(?:oh |well |um |uh |,)*(?:no|nope|nah|not (?:really|now|yet|at all|today)|wrong|i don'?t|i'?m not|rather not)\b/.test(
    plain(said),
  );
}

/** Says goodbye, or that there is nothing else. */
export function isGoodbye(said: string): boolean {
  return /\b(?:bye|goodbye|good bye|bye bye|good night|see you|see ya|farewell|cheerio|that'?s (?:all|it|everything)|that (?:is|was|will be) all|that'?ll be all|nothing else|hang up|talk to you (?:later|then|soon)|speak (?:to you )?(?:later|then|soon))\b/.test(
    plain(said),
  );
}

/** Thanks and praise, and little else. */
export function isThanks(said: string): boolean {
  return (
    /\b(?:thanks|thank you|thx|cheers|great|perfect|wonderful|good)\b/.test(plain(said)) && plain(said).length < 40
  );
}

/** "What did I say?" */
export function asksWhatWasSaid(said: string): boolean {
  return /\b(?:what did i (?:say|tell|ask)|what did we (?:talk|speak|discuss|say)|do you (?:still )?(?:remember|recall|know what)|where (?:were|did) we|what was (?:it|this|that|i|the (?:matter|call)) |what(?:'s| is) (?:this|it) about|why (?:are|did) you call)/.test(
    `${plain(said)} `,
  );
}

/** "When will you call?" */
export function asksWhenPromised(said: string): boolean {
  return /\b(?:when (?:will|are|do|did) you|when(?:'s| is) (?:my|the|your) call|what time (?:will|did|is (?:my|the|your) call)|at what time)\b/.test(
    plain(said),
  );
}

/** "Who is this?", "Are you a robot?" */
export function asksWho(said: string): boolean {
  return /\b(?:who (?:are you|is this|is calling|am i)|who'?s (?:this|calling|there|speaking)|what(?:'s| is) your name|are you (?:a |an )?(?:robot|bot|human|person|machine|ai|real|computer))\b/.test(
    plain(said),
  );
}

export function asksHelp(said: string): boolean {
  return /\b(?:help|what can you do|what do you do|how does this work|how do you work)\b/.test(plain(said));
}

/** "Pardon?" */
export function asksAgain(said: string): boolean {
  return /\b(?:pardon|say (?:that|it) again|repeat|come again|what did you say|i (?:didn'?t|did not) (?:hear|get|catch|understand))\b/.test(
    plain(said),
  );
}

export function isGreeting(said: string): boolean {
  return /^(?:,|oh |well )*(?:hello|hi|hey|good (?:morning|afternoon|evening|day)|howdy|greetings)\b/.test(plain(said));
}

export function asksWellbeing(said: string): boolean {
  return /\bhow (?:are|do) you\b|\bhow'?s it going\b/.test(plain(said));
}

export function asksIfHeard(said: string): boolean {
  return /\b(?:can|do) you hear me\b|\bare you (?:still )?there\b|\bhello\?+$/.test(said.toLowerCase());
}

function plain(said: string): string {
  return said.slice(0, 2_000).toLowerCase().replaceAll(/[’‘`]/g, "'").replaceAll(/\s+/g, ' ').trim();
}
