/** The local voice needs no settings. */
export default {};
