/** What the sign-in page is told by its address. */
export interface SignInSearch {
  /** A sign-in code, used as soon as it is seen. */
  readonly code?: string;
  /** They were signed out while the console was open. */
  readonly ended?: 'yes';
  /** Where to go on after it: a path of the console. */
  readonly to?: string;
}

/** Reads the address of the sign-in page; what makes no sense is left out. */
export function readSignIn(search: Record<string, unknown>): SignInSearch {
  const { code, ended, to } = search;
  return {
    ...(typeof code === 'string' ? { code } : {}),
    ...(ended === 'yes' ? { ended } : {}),
    // Another site's link must not lead elsewhere after a sign-in.
    ...(typeof to === 'string' && /^\/(?![/\\])/.test(to) ? { to } : {}),
  };
}

/** For who is signed out on the page that is shown: it says so, and comes back here after the next sign-in. */
export function signedOutHere(): SignInSearch {
  return { ended: 'yes', to: `${location.pathname}${location.search}` };
}
