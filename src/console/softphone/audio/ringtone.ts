import { pageClock } from '../../time/clock.ts';

const PERIOD_MS = 4_000;
const RING_SECONDS = 1.6;
const LOUDNESS = 0.08;

/**
 * Rings until the returned function is called: two soft tones and, where there is one, the vibration motor. A browser
 * lets a page sound only after a first click or key; before that the ring is seen and not heard.
 */
export function startRinging(): () => void {
  let context: AudioContext | null = null;
  try {
    context = new AudioContext();
  } catch {
    // No sound system: the card, the title and the vibration ring alone.
  }
  const ring = (): void => {
    if (context !== null) ringOnce(context);
    if ('vibrate' in navigator) navigator.vibrate([400, 200, 400]);
  };
  ring();
  const stop = pageClock.every(PERIOD_MS, ring);
  return () => {
    stop();
    if ('vibrate' in navigator) navigator.vibrate(0);
    void context?.close();
  };
}

function ringOnce(context: AudioContext): void {
  // Refused until the first click or key, and when the ring ends first: then it stays silent.
  if (context.state !== 'running') return void context.resume().catch(() => context.state);
  const volume = context.createGain();
  const start = context.currentTime;
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(LOUDNESS, start + 0.03);
  volume.gain.setValueAtTime(LOUDNESS, start + RING_SECONDS - 0.1);
  volume.gain.linearRampToValueAtTime(0, start + RING_SECONDS);
  volume.connect(context.destination);
  for (const hertz of [440, 480]) {
    const tone = context.createOscillator();
    tone.frequency.value = hertz;
    tone.connect(volume);
    tone.start(start);
    tone.stop(start + RING_SECONDS);
  }
}
