/** The demo brain needs no settings. */
export default {};
