import { Phrases } from './words.ts';

/** What words mean for taking turns, in one language. */
export interface TurnPhrases {
  /** Said while listening: they ask for nothing. */
  readonly backchannels: Phrases;
  /** They stop whoever speaks, also alone. */
  readonly stops: Phrases;
  /** Whoever ends in one of them has not finished: conjunctions, articles, sounds of thinking. */
  readonly unfinished: Phrases;
  /** Numbers, as they are dictated. */
  readonly numbers: Phrases;
  /** Other words that tell a time. */
  readonly times: Phrases;
  /** Words between the letters of an address or a spelling: "at", "dot", "dash". */
  readonly signs: Phrases;
}

type Table = Readonly<Record<keyof TurnPhrases, string>>;

/** Understood in every language; callers mix them in. */
const everywhere: Table = {
  backchannels: 'mhm, mm, mmm, mm hm, mmhm, hm, hmm, hmhm, aha, uh huh, ah, oh, ok, okay, ja, yes, yeah',
  stops: 'stop',
  unfinished: 'um, uhm, uh, äh, ähm, eh, euh, hm',
  numbers: '',
  times: 'am, pm',
  signs: '',
};

const english: Table = {
  backchannels:
    'yep, yup, right, sure, alright, all right, i see, got it, of course, good, great, fine, perfect, cool, exactly, ' +
    'uh, true, i know, sounds good, makes sense',
  stops:
    'wait, no, nope, hold on, hang on, one moment, one second, just a moment, just a second, excuse me, not that, be quiet',
  unfinished:
    'and, but, or, so, because, if, when, which, who, with, for, from, to, of, at, the, a, an, my, your, is, are, was, i, ' +
    "it's, i'm, you know, like, well, let me see, let me think",
  numbers:
    'zero, oh, one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, fourteen, fifteen, ' +
    'sixteen, seventeen, eighteen, nineteen, twenty, thirty, forty, fifty, sixty, seventy, eighty, ninety, hundred, ' +
    'thousand, double, triple',
  times:
    'monday, tuesday, wednesday, thursday, friday, saturday, sunday, today, tomorrow, tonight, morning, afternoon, ' +
    "evening, noon, midnight, hour, hours, minute, minutes, half, quarter, later, earlier, week, o'clock",
  signs: 'at, dot, dash, hyphen, underscore, slash, plus, point, as in, double u',
};

const german: Table = {
  backchannels:
    'jo, jap, genau, richtig, klar, gut, alles klar, verstehe, stimmt, sicher, gerne, prima, super, ach so, in ordnung',
  stops: 'halt, warte, warten sie, moment, einen moment, moment mal, nein, nee, nicht so, entschuldigung, sekunde',
  unfinished:
    'und, aber, oder, also, weil, wenn, dass, dann, für, von, bei, der, den, dem, eine, einen, mein, meine, ist, sind, ' +
    'es ist, sozusagen, na ja',
  numbers:
    'null, eins, ein, zwei, zwo, drei, vier, fünf, sechs, sieben, acht, neun, zehn, elf, zwölf, dreizehn, vierzehn, ' +
    'fünfzehn, sechzehn, siebzehn, achtzehn, neunzehn, zwanzig, dreißig, vierzig, fünfzig, sechzig, siebzig, achtzig, ' +
    'neunzig, hundert, tausend, doppel',
  times:
    'montag, dienstag, mittwoch, donnerstag, freitag, samstag, sonnabend, sonntag, heute, morgen, übermorgen, abend, ' +
    'mittag, nachmittag, vormittag, mitternacht, uhr, stunde, stunden, minute, minuten, halb, viertel, später, früher, woche',
  signs: 'punkt, bindestrich, unterstrich, minus, schrägstrich, plus, ät, at, wie',
};

const spanish: Table = {
  backchannels:
    'sí, ajá, vale, claro, ya, bueno, bien, de acuerdo, entiendo, exacto, perfecto, eso, muy bien, por supuesto',
  stops: 'no, espera, espere, pare, alto, basta, un momento, un segundo, perdón, perdone, así no',
  unfinished:
    'y, e, o, pero, porque, que, entonces, cuando, con, para, de, en, a, por, el, la, los, las, un, una, mi, su, es, ' +
    'son, yo, este, pues, o sea',
  numbers:
    'cero, uno, una, dos, tres, cuatro, cinco, seis, siete, ocho, nueve, diez, once, doce, trece, catorce, quince, ' +
    'dieciséis, diecisiete, dieciocho, diecinueve, veinte, treinta, cuarenta, cincuenta, sesenta, setenta, ochenta, ' +
    'noventa, cien, ciento, mil, doble',
  times:
    'lunes, martes, miércoles, jueves, viernes, sábado, domingo, hoy, mañana, pasado mañana, tarde, noche, mediodía, ' +
    'medianoche, hora, horas, minuto, minutos, media, cuarto, después, antes, semana',
  signs: 'arroba, punto, guion, guión, barra, más, guion bajo',
};

const french: Table = {
  backchannels:
    "oui, ouais, d'accord, bien, bon, très bien, je vois, exactement, parfait, entendu, voilà, c'est ça, bien sûr",
  stops: 'non, attends, attendez, arrête, arrêtez, un instant, un moment, une seconde, pardon, excusez moi, pas ça',
  unfinished:
    'et, mais, ou, donc, parce que, que, qui, quand, avec, pour, de, du, des, à, le, la, les, un, une, mon, ma, mes, est, ' +
    "c'est, je, alors, ben, enfin",
  numbers:
    'zéro, un, une, deux, trois, quatre, cinq, six, sept, huit, neuf, dix, onze, douze, treize, quatorze, quinze, seize, ' +
    'vingt, trente, quarante, cinquante, soixante, septante, quatre vingt, nonante, cent, mille, double',
  times:
    "lundi, mardi, mercredi, jeudi, vendredi, samedi, dimanche, aujourd'hui, demain, après demain, matin, après midi, " +
    'soir, midi, minuit, heure, heures, minute, minutes, demie, quart, plus tard, plus tôt, semaine',
  signs: 'arobase, point, tiret, barre, plus, tiret bas',
};

const byLanguage: Readonly<Record<string, TurnPhrases>> = {
  en: phrasesOf(english),
  de: phrasesOf(german),
  es: phrasesOf(spanish),
  fr: phrasesOf(french),
};

/** `language` is BCP 47, for example `de-AT`; a language that is not in the table is taken for English. */
export function phrasesFor(language: string): TurnPhrases {
  return byLanguage[language.split('-', 1)[0]?.toLowerCase() ?? ''] ?? phrasesOf(english);
}

function phrasesOf(table: Table): TurnPhrases {
  const phrases = (kind: keyof TurnPhrases): Phrases =>
    new Phrases(`${everywhere[kind]}, ${table[kind]}`.split(', ').filter((phrase) => phrase !== ''));
  return {
    backchannels: phrases('backchannels'),
    stops: phrases('stops'),
    unfinished: phrases('unfinished'),
    numbers: phrases('numbers'),
    times: phrases('times'),
    signs: phrases('signs'),
  };
}
