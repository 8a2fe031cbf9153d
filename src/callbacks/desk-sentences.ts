import { localeOf } from '../domain/spoken-time.ts';

/** What a caller is told of their promise, to be read back as it stands; `when` as `speakTime` says it. */
export interface DeskSentences {
  booked(when: string): string;
  moved(when: string): string;
  /** It stays where it was. */
  kept(when: string): string;
  readonly cancelled: string;
  /** Every call to them is cancelled, and their number is on the list. */
  readonly neverAgain: string;
}

const english: DeskSentences = {
  booked: (when) => `I'll call you back ${when}.`,
  moved: (when) => `I've moved it: I'll call you back ${when}.`,
  kept: (when) => `It stays as it is: I'll call you back ${when}.`,
  cancelled: "I've cancelled it: I won't call you back.",
  neverAgain: "All right: I've cancelled every call to you, and this number won't be called again.",
};

/** In the languages in which `speakTime` has words, so that no sentence is in two. */
const byLanguage: Readonly<Record<string, DeskSentences>> = {
  en: english,
  de: {
    booked: (when) => `Ich rufe Sie ${when} zurück.`,
    moved: (when) => `Ich habe es verschoben: Ich rufe Sie ${when} zurück.`,
    kept: (when) => `Es bleibt dabei: Ich rufe Sie ${when} zurück.`,
    cancelled: 'Ich habe es abgesagt: Ich rufe Sie nicht zurück.',
    neverAgain: 'In Ordnung: Alle Anrufe an Sie sind abgesagt, und diese Nummer wird nicht mehr angerufen.',
  },
  es: {
    booked: (when) => `Le llamaré ${when}.`,
    moved: (when) => `Lo he cambiado: le llamaré ${when}.`,
    kept: (when) => `Se queda como está: le llamaré ${when}.`,
    cancelled: 'Lo he cancelado: no le llamaré.',
    neverAgain: 'De acuerdo: he cancelado todas las llamadas a usted y no se volverá a llamar a este número.',
  },
  fr: {
    booked: (when) => `Je vous rappelle ${when}.`,
    moved: (when) => `C’est déplacé : je vous rappelle ${when}.`,
    kept: (when) => `Cela reste comme prévu : je vous rappelle ${when}.`,
    cancelled: 'C’est annulé : je ne vous rappellerai pas.',
    neverAgain: 'Entendu : tous les appels vers vous sont annulés et ce numéro ne sera plus appelé.',
  },
};

/** `language` is BCP 47, for example `de-AT`; English where it is not shipped. */
export function deskSentencesFor(language: string): DeskSentences {
  return byLanguage[localeOf(language).split('-', 1)[0] ?? ''] ?? english;
}
