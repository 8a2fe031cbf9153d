/* What Vite makes of an import that is no script. */

declare module '*.css';

declare module '*.svg' {
  const url: string;
  export default url;
}

/** A script of its own (an audio worklet), as the address of its built file. */
declare module '*?worker&url' {
  const url: string;
  export default url;
}
