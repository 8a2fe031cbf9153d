/** The softphone needs no settings: it is always there. */
export default {};
