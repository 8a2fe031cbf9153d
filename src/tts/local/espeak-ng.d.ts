/** What we use of the package, which brings no types of its own. */
declare module '@echogarden/espeak-ng-emscripten' {
  interface Worker {
    /** 0 where there is such a voice. */
    set_voice(name: string): number;
    set_rate(wordsPerMinute: number): void;
    /** Runs on the calling thread; `true` from the callback stops it. The samples are a view that is reused. */
    synthesize(text: string, onSamples: (samples: Int16Array | null) => boolean): void;
  }
  export default function init(): Promise<{ eSpeakNGWorker: new () => Worker | Promise<Worker> }>;
}
