/** How the carrier behaves at the moment: probabilities, and typical times in milliseconds. */
export interface Mood {
  /** The connection cannot be made: nothing was sent. */
  connectFails: number;
  /** The request is lost on its way, in spite of having been written. */
  requestLost: number;
  /** The request takes this long on its way, up to minutes, instead of milliseconds. */
  requestSlow: number;
  /** 429. */
  tooMany: number;
  /** 400: no such number. */
  refused: number;
  /** 401: the account. */
  accountFault: number;
  /** 5xx, and no call. */
  failsUnplaced: number;
  /** 5xx, and yet a call. */
  failsPlaced: number;
  /** The call is placed, and the answer lost: as a reset, or as silence. */
  answerLost: number;
  answerSilent: number;
  /** The answer comes after our deadline. */
  answerLate: number;
  lookUpFails: number;
  hangupFails: number;
  webhookLost: number;
  webhookDouble: number;
  /** Delivered up to minutes late, and so in any order. */
  webhookLate: number;
  /** How long a new call is missing from the list. */
  listLagMs: number;
  /** How long the carrier keeps a call in its own queue. */
  queueMs: number;
  latencyMs: number;
}

export const calmMood: Mood = {
  connectFails: 0,
  requestLost: 0,
  requestSlow: 0,
  tooMany: 0,
  refused: 0,
  accountFault: 0,
  failsUnplaced: 0,
  failsPlaced: 0,
  answerLost: 0,
  answerSilent: 0,
  answerLate: 0,
  lookUpFails: 0,
  hangupFails: 0,
  webhookLost: 0,
  webhookDouble: 0,
  webhookLate: 0,
  listLagMs: 0,
  queueMs: 200,
  latencyMs: 40,
};
