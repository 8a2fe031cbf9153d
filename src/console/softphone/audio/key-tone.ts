const LOW_HERTZ = [697, 770, 852, 941];
const HIGH_HERTZ = [1209, 1336, 1477];
/** Row by row, as on a telephone. */
const KEYS = '123456789*0#';
const SECONDS = 0.12;
const LOUDNESS = 0.05;

/** The two tones of a telephone's key (ITU-T Q.23), short and soft. `key` is one of 0-9, `*` and `#`. */
export function playKeyTone(context: AudioContext, key: string): void {
  const index = KEYS.indexOf(key);
  const low = LOW_HERTZ[Math.floor(index / HIGH_HERTZ.length)];
  const high = HIGH_HERTZ[index % HIGH_HERTZ.length];
  if (low === undefined || high === undefined) return;
  const start = context.currentTime;
  const volume = context.createGain();
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(LOUDNESS, start + 0.005);
  volume.gain.setValueAtTime(LOUDNESS, start + SECONDS - 0.02);
  volume.gain.linearRampToValueAtTime(0, start + SECONDS);
  volume.connect(context.destination);
  for (const hertz of [low, high]) {
    const tone = context.createOscillator();
    tone.frequency.value = hertz;
    tone.connect(volume);
    tone.start(start);
    tone.stop(start + SECONDS);
  }
}
