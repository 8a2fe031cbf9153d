export { default } from './deepgram.ts';
