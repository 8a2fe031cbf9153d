import type { CallbackWire } from '../../api/callbacks.ts';
import { BookDialog } from './book-dialog.tsx';

/** A new callback like one that is over. */
export function BookAgain({ callback, onClose }: { callback: CallbackWire; onClose: () => void }) {
  return <BookDialog like={callback} onClose={onClose} />;
}
