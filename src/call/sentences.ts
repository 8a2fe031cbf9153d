/** What an agent says without its LLM, in a language that is shipped; else in English. */
export interface Sentences {
  /** Something of ours failed; the call goes on. */
  readonly apology: string;
  /** Something of ours fails again and again; the call ends. */
  readonly lastApology: string;
  readonly stillThere: string;
  /** They spoke, and no word of it was understood. */
  readonly notUnderstood: string;
  readonly goodbye: string;
  /** While an answer is slow, one after the other. Short, and they promise nothing. */
  readonly fillers: readonly string[];
}

const english: Sentences = {
  apology: 'I am sorry, something went wrong on my side. Could you say that again?',
  lastApology: 'I am sorry, something is wrong on my side, so I have to end this call. Goodbye.',
  stillThere: 'Are you still there?',
  notUnderstood: 'I am sorry, I did not catch that. Could you say it again?',
  goodbye: 'Thank you for calling. Goodbye.',
  fillers: ['One moment, please.', 'I am still on it.', 'It takes a little longer.'],
};

const byLanguage: Readonly<Record<string, Sentences>> = {
  en: english,
  de: {
    apology: 'Entschuldigung, bei mir ist etwas schiefgegangen. Können Sie das bitte noch einmal sagen?',
    lastApology: 'Entschuldigung, bei mir stimmt etwas nicht, darum muss ich das Gespräch beenden. Auf Wiederhören.',
    stillThere: 'Sind Sie noch da?',
    notUnderstood: 'Entschuldigung, das habe ich nicht verstanden. Können Sie es bitte noch einmal sagen?',
    goodbye: 'Vielen Dank für das Gespräch. Auf Wiederhören.',
    fillers: ['Einen Moment, bitte.', 'Ich bin noch dabei.', 'Es dauert noch ein wenig.'],
  },
  es: {
    apology: 'Lo siento, algo ha fallado por mi parte. ¿Puede repetirlo, por favor?',
    lastApology: 'Lo siento, algo no funciona por mi parte y tengo que terminar la llamada. Adiós.',
    stillThere: '¿Sigue ahí?',
    notUnderstood: 'Perdone, no le he entendido. ¿Puede repetirlo, por favor?',
    goodbye: 'Gracias por la llamada. Adiós.',
    fillers: ['Un momento, por favor.', 'Sigo en ello.', 'Tarda un poco más.'],
  },
  fr: {
    apology: 'Je suis désolé, un problème est survenu de mon côté. Pouvez-vous répéter, s’il vous plaît ?',
    lastApology: 'Je suis désolé, un problème de mon côté m’oblige à mettre fin à cet appel. Au revoir.',
    stillThere: 'Êtes-vous toujours là ?',
    notUnderstood: 'Pardon, je n’ai pas compris. Pouvez-vous répéter, s’il vous plaît ?',
    goodbye: 'Merci de votre appel. Au revoir.',
    fillers: ['Un instant, s’il vous plaît.', 'Je m’en occupe encore.', 'Cela prend un peu plus de temps.'],
  },
};

/** `language` is BCP 47, for example `de-AT`. */
export function sentencesFor(language: string): Sentences {
  return byLanguage[language.split('-', 1)[0]?.toLowerCase() ?? ''] ?? english;
}

/** Everything that an agent may say by itself in this language. */
export function allSentencesOf(language: string): readonly string[] {
  const { fillers, ...others } = sentencesFor(language);
  return [...fillers, ...Object.values(others)];
}
